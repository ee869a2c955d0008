#include "plugins/transport/rate.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace mlmon::transport {

std::optional<Rate> read_rate(const Json& text) {
  constexpr std::int64_t kMost = 10'000;  // each of them is remembered for so long
  const std::string_view rate = text.text();
  if (rate.empty()) return std::nullopt;
  const std::size_t slash = std::min(rate.find('/'), rate.size());
  std::int64_t limit = 0;
  const auto [behind, error] = std::from_chars(rate.data(), rate.data() + slash, limit);
  const auto period = parse_duration_ns(rate.substr(std::min(slash + 1, rate.size())));
  if (error != std::errc() || behind != rate.data() + slash || limit < 1 || limit > kMost ||
      !period || *period == 0) {
    throw config_error(text.path() + ": expected at most 10000 in a duration, such as \"10/1m\"");
  }
  return Rate{limit, *period};
}

}  // namespace mlmon::transport
