#include "core/event/models.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <new>
#include <string>
#include <type_traits>

#include "core/text/json_text.h"

namespace mlmon {
namespace {

std::uint64_t model_hash(std::string_view name, std::string_view version, Instant deployed_at) {
  const std::hash<std::string_view> hash;
  std::uint64_t h = hash(name) * 31 + hash(version);
  h = h * 31 + static_cast<std::uint64_t>(deployed_at.seconds);
  return h * 31 + static_cast<std::uint64_t>(deployed_at.nanos);
}

}  // namespace

void append_model_json(std::string& out, const Model& model) {
  out += "{\"name\":";
  append_json_string(out, model.name);
  out += ",\"version\":";
  append_json_string(out, model.version);
  out += ",\"deployed_at\":\"";
  out += model.deployed_text;
  out += "\"}";
}

static_assert(std::is_trivially_destructible_v<Model>);

ModelTable::~ModelTable() {
  for (const auto& piece : pieces_) ::operator delete(piece.load());
}

ModelTable::Place ModelTable::place_of(std::uint32_t handle) {
  const std::size_t at = handle - 1 + kFirstPiece;
  const auto piece = static_cast<std::size_t>(std::bit_width(at) - std::bit_width(kFirstPiece));
  return {piece, at - (kFirstPiece << piece)};
}

std::uint32_t ModelTable::intern(std::string_view name, std::string_view version,
                                 Instant deployed_at) {
  const std::uint64_t hash = model_hash(name, version, deployed_at);
  // Made without the lock: who asks has mostly met a model for the first time, and other parsers wait.
  const std::string deployed = format_rfc3339(deployed_at);
  const std::lock_guard lock(mutex_);
  for (auto [it, end] = by_hash_.equal_range(hash); it != end; ++it) {
    const Model& model = at(it->second);
    if (model.name == name && model.version == version && model.deployed_at == deployed_at) {
      return it->second;
    }
  }
  const std::uint32_t handle = size() + 1;
  const auto [piece, index] = place_of(handle);
  if (index == 0) {  // what is not used of it is not touched either, and costs no memory
    void* const room = ::operator new((kFirstPiece << piece) * sizeof(Model));
    pieces_[piece].store(static_cast<Model*>(room), std::memory_order_release);
  }
  new (pieces_[piece].load() + index) Model{keep(name), keep(version), deployed_at, keep(deployed)};
  size_.store(handle, std::memory_order_release);
  by_hash_.emplace(hash, handle);
  return handle;
}

/// A copy that stays where it is.
std::string_view ModelTable::keep(std::string_view text) {
  if (chunk_left_ < text.size()) {
    chunk_left_ = std::max(kChunk, text.size());
    chunks_.push_back(std::make_unique<char[]>(chunk_left_));
  }
  // From its end on.
  chunk_left_ -= text.size();
  char* const kept = chunks_.back().get() + chunk_left_;
  std::copy(text.begin(), text.end(), kept);
  return {kept, text.size()};
}

/// Who has a handle got it from intern(), on whatever way: by then the model was there.
const Model& ModelTable::at(std::uint32_t handle) const {
  const auto [piece, index] = place_of(handle);
  return pieces_[piece].load(std::memory_order_acquire)[index];
}

}  // namespace mlmon
