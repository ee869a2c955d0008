// mlmon/duration.hpp - durations as mlmon reads them: digits and a unit, "500ms", "30s", "7d".
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

/// In nanoseconds. Nothing for any other text (signs, decimals, spaces and sums such as "1h30m" included)
/// and for more than 64 bits hold, which is 292 years. For values of a configuration: Json::duration_ns.
inline std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t ns;
  };
  constexpr Unit units[] = {{"ms", 1'000'000},
                            {"s", 1'000'000'000},
                            {"m", 60'000'000'000},
                            {"h", 3'600'000'000'000},
                            {"d", 86'400'000'000'000}};
  if (text.empty() || text.front() == '-') return std::nullopt;
  const char* const end = text.data() + text.size();
  std::int64_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (error != std::errc()) return std::nullopt;
  for (const Unit& unit : units) {
    if (name == unit.name && count <= std::numeric_limits<std::int64_t>::max() / unit.ns) {
      return count * unit.ns;
    }
  }
  return std::nullopt;
}

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
