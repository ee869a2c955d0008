#include "plugins/transport/duration.h"

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

}  // namespace

std::int64_t duration_ms(const Json& text) {
  const std::string& digits = text.text();
  const char* end = digits.data() + digits.size();
  std::int64_t count = 0;
  const auto [behind, error] = std::from_chars(digits.data(), end, count);
  const std::int64_t unit = unit_ms({behind, static_cast<std::size_t>(end - behind)});
  if (error != std::errc() || digits[0] == '-' || unit == 0 ||
      count > std::numeric_limits<std::int64_t>::max() / unit) {
    throw config_error(text.path() + ": expected a duration such as \"30s\"");
  }
  return count * unit;
}

}  // namespace mlmon::transport
