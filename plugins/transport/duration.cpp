#include "plugins/transport/duration.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

namespace mlmon::transport {
namespace {

/// 0: there is no such unit.
std::int64_t unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  return unit == "d" ? 86'400'000 : 0;
}

std::optional<std::int64_t> parse_ms(std::string_view text) {
  const char* end = text.data() + text.size();
  std::int64_t count = 0;
  const auto [behind, error] = std::from_chars(text.data(), end, count);
  const std::int64_t unit = unit_ms({behind, static_cast<std::size_t>(end - behind)});
  if (error != std::errc() || count < 0 || text[0] == '-' || unit == 0 ||
      count > std::numeric_limits<std::int64_t>::max() / unit) {
    return std::nullopt;
  }
  return count * unit;
}

}  // namespace

std::int64_t duration_ms(const Json& text) {
  const std::optional<std::int64_t> ms = parse_ms(text.text());
  if (!ms) throw config_error(text.path() + ": expected a duration such as \"30s\"");
  return *ms;
}

std::optional<Rate> read_rate(const Json& text) {
  constexpr std::int64_t kMost = 10'000;  // each of them is remembered for so long
  const std::string_view rate = text.text();
  if (rate.empty()) return std::nullopt;
  const std::size_t slash = std::min(rate.find('/'), rate.size());
  std::int64_t limit = 0;
  const auto [behind, error] = std::from_chars(rate.data(), rate.data() + slash, limit);
  const auto period = parse_ms(rate.substr(std::min(slash + 1, rate.size())));
  if (error != std::errc() || behind != rate.data() + slash || limit < 1 || limit > kMost ||
      !period || *period < 1) {
    throw config_error(text.path() + ": expected at most 10000 in a duration, such as \"10/1m\"");
  }
  return Rate{limit, *period};
}

}  // namespace mlmon::transport
