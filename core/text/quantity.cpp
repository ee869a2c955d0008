#include "core/text/quantity.h"

#include <charconv>
#include <limits>

namespace mlmon {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr Unit kDurations[] = {{"d", 86'400'000 * kMillisecond},
                               {"h", 3'600'000 * kMillisecond},
                               {"m", 60'000 * kMillisecond},
                               {"s", 1'000 * kMillisecond},
                               {"ms", kMillisecond}};
constexpr Unit kSizes[] = {{"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20},
                           {"KiB", 1ULL << 10}, {"B", 1}};

/// Digits and the name of a unit; at most `limit` of the base unit.
template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const Unit (&units)[N],
                                   std::uint64_t limit, bool bare) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (name.empty() && bare) return count;
  for (const Unit& unit : units) {
    if (name == unit.name && count <= limit / unit.factor) return count * unit.factor;
  }
  return std::nullopt;
}

/// Milliseconds with as many decimals as they need, six at most.
std::string format_milliseconds(std::uint64_t ns) {
  std::string fraction = std::to_string(ns % kMillisecond + kMillisecond).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(ns / kMillisecond) + "." + fraction + "ms";
}

}  // namespace

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  const auto ns = parse_with_unit(text, kDurations, std::numeric_limits<std::int64_t>::max(), false);
  if (!ns) return std::nullopt;
  return static_cast<std::int64_t>(*ns);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizes, std::numeric_limits<std::uint64_t>::max(), true);
}

std::string format_duration(std::int64_t ns) {
  if (ns == 0) return "0s";
  const std::uint64_t amount =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const std::string sign = ns < 0 ? "-" : "";
  for (const Unit& unit : kDurations) {
    if (amount % unit.factor == 0) {
      return sign + std::to_string(amount / unit.factor) + std::string(unit.name);
    }
  }
  return sign + format_milliseconds(amount);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) return "0B";
  for (const Unit& unit : kSizes) {
    if (bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(bytes) + "B";
}

}  // namespace mlmon
