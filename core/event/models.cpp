#include "core/event/models.h"

#include <functional>
#include <mutex>

#include "core/text/json_text.h"

namespace mlmon {
namespace {

std::uint64_t hash_of(std::string_view name, std::string_view version, Instant deployed_at) {
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

std::uint32_t ModelTable::intern(std::string_view name, std::string_view version,
                                 Instant deployed_at) {
  const std::uint64_t hash = hash_of(name, version, deployed_at);
  const std::unique_lock lock(mutex_);
  for (auto [it, end] = by_hash_.equal_range(hash); it != end; ++it) {
    const Model& model = models_[it->second - 1];
    if (model.name == name && model.version == version && model.deployed_at == deployed_at) {
      return it->second;
    }
  }
  models_.push_back(
      {std::string(name), std::string(version), deployed_at, format_rfc3339(deployed_at)});
  const auto handle = static_cast<std::uint32_t>(models_.size());
  by_hash_.emplace(hash, handle);
  return handle;
}

const Model& ModelTable::at(std::uint32_t handle) const {
  const std::shared_lock lock(mutex_);
  return models_[handle - 1];
}

std::uint32_t ModelTable::size() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::uint32_t>(models_.size());
}

}  // namespace mlmon
