#include "core/observer/poison.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace mlmon {
namespace {

constexpr std::string_view kPrefix = "mlmon:poison:";

}  // namespace

std::string Poison::key_of(const Batch& batch, std::uint32_t row) {
  const std::string_view text = batch.block.text().substr(batch.raw_off[row], batch.raw_len[row]);
  return fmt::format("{}{:016x}{:x}", kPrefix, XXH3_64bits(text.data(), text.size()), batch.offset[row]);
}

void Poison::load(const ObserverState& state) {
  for (const std::string& key : state.host_keys(kPrefix)) keys_.insert(key);
}

void Poison::add(const Batch& batch, std::uint32_t row, ObserverState& state) {
  const std::string key = key_of(batch, row);
  keys_.insert(key);
  state.put(0, key, "");
}

bool Poison::has(const Batch& batch, std::uint32_t row) const { return keys_.contains(key_of(batch, row)); }

}  // namespace mlmon
