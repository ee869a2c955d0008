#include "core/event/model_spellings.h"

#include <xxhash.h>

#include <algorithm>

namespace mlmon {
namespace {

constexpr std::size_t kSpare = 8192;  // beside two for each model
constexpr std::size_t kFirstTable = 1024;
constexpr std::size_t kTextChunk = 64 * 1024;

std::uint64_t spelling_hash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace

/// Open addressing; at most three quarters full, so that there is always an end to a search. A slot is written
/// once, where its spelling lies last: who sees that sees the rest.
class ModelSpellings::Table {
 public:
  explicit Table(std::size_t size) : slots_(size) {}

  std::size_t size() const { return slots_.size(); }

  Spelling find(std::uint64_t hash, std::string_view bytes) const {
    for (std::size_t i = hash;; ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      const Spelling kept(slot.kept.load(std::memory_order_acquire));
      if (!kept || (slot.hash == hash && kept.bytes() == bytes)) return kept;
    }
  }

  void add(std::uint64_t hash, const char* kept) {
    const auto slot_at = [this](std::size_t i) -> Slot& { return slots_[i & (slots_.size() - 1)]; };
    std::size_t i = hash;
    while (slot_at(i).kept.load(std::memory_order_relaxed) != nullptr) ++i;
    Slot& slot = slot_at(i);
    slot.hash = hash;
    slot.kept.store(kept, std::memory_order_release);
  }

  void add_all_of(const Table& other) {
    for (const Slot& slot : other.slots_) {
      const char* const kept = slot.kept.load(std::memory_order_relaxed);
      if (kept != nullptr) add(slot.hash, kept);
    }
  }

 private:
  struct Slot {
    std::atomic<const char*> kept{nullptr};
    std::uint64_t hash = 0;
  };

  std::vector<Slot> slots_;
};

ModelSpellings::ModelSpellings() : chunk_used_(kTextChunk) {
  tables_.push_back(std::make_unique<Table>(kFirstTable));
  newest_.store(tables_.back().get());
}

ModelSpellings::~ModelSpellings() = default;

ModelSpellings::Spelling ModelSpellings::find(std::string_view bytes) const {
  return newest_.load(std::memory_order_acquire)->find(spelling_hash(bytes), bytes);
}

void ModelSpellings::add(std::string_view bytes, std::uint32_t model) {
  if (bytes.size() > kLongest) return;
  const auto room = [&] { return kSpare + 2 * std::max<std::size_t>(models_, model) > count_; };
  if (!room()) return;  // without the lock: it may be so for every line from here on
  const std::uint64_t hash = spelling_hash(bytes);
  const std::lock_guard lock(mutex_);
  if (!room() || tables_.back()->find(hash, bytes)) return;
  models_ = std::max<std::size_t>(models_, model);
  ++count_;
  if (4 * count_ > 3 * tables_.back()->size()) {
    auto larger = std::make_unique<Table>(2 * tables_.back()->size());
    larger->add_all_of(*tables_.back());
    newest_.store(larger.get(), std::memory_order_release);
    tables_.push_back(std::move(larger));
  }
  tables_.back()->add(hash, keep(bytes, model));
}

const char* ModelSpellings::keep(std::string_view bytes, std::uint32_t model) {
  const std::size_t size = Spelling::kHead + bytes.size();
  if (kTextChunk - chunk_used_ < size) {
    chunks_.push_back(std::make_unique<char[]>(kTextChunk));
    chunk_used_ = 0;
  }
  char* const kept = chunks_.back().get() + chunk_used_;
  const auto length = static_cast<std::uint16_t>(bytes.size());
  std::memcpy(kept, &model, sizeof model);
  std::memcpy(kept + Spelling::kModelBytes, &length, sizeof length);
  std::memcpy(kept + Spelling::kHead, bytes.data(), bytes.size());
  chunk_used_ += size;
  return kept;
}

}  // namespace mlmon
