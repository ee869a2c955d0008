#include "core/import/tool_time.h"

#include <algorithm>
#include <string>

#include "core/text/digit.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

/// "+0200", "+02", "+02:00", "Z", " UTC" or nothing as RFC 3339 has it; nothing: something else.
std::optional<std::string> zone_of(std::string_view text) {
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text.empty() || text == "Z" || text == "z" || text == "UTC" || text == "GMT") return "Z";
  if ((text[0] != '+' && text[0] != '-') || text.size() < 3) return std::nullopt;
  std::string zone(text.substr(0, 3));
  if (text.size() == 3) return zone + ":00";
  if (text.size() == 5) zone += ':';
  return zone.append(text.substr(3));
}

}  // namespace

std::optional<Instant> read_tool_time(std::string_view text) {
  constexpr std::size_t kDate = 10, kMinutes = 16, kSeconds = 19;
  if (text.size() < kDate) return std::nullopt;
  if (const auto plain = parse_rfc3339(text)) return plain;
  std::string whole(text.substr(0, kDate));
  if (text.size() == kDate) return parse_rfc3339(whole + "T00:00:00Z");
  if (text[kDate] != ' ' && text[kDate] != 'T' && text[kDate] != 't') return std::nullopt;
  if (text.size() < kMinutes) return std::nullopt;
  whole += 'T';
  whole += text.substr(kDate + 1, kMinutes - kDate - 1);
  std::size_t at = kMinutes;
  if (at < text.size() && text[at] == ':') {
    whole += text.substr(at, kSeconds - at);
    at = std::min(kSeconds, text.size());
    if (at < text.size() && text[at] == '.') {
      whole += text[at++];
      while (at < text.size() && is_digit(text[at])) whole += text[at++];
    }
  } else {
    whole += ":00";
  }
  const auto zone = zone_of(text.substr(at));
  return zone ? parse_rfc3339(whole + *zone) : std::nullopt;
}

std::optional<Instant> from_unix_ms(std::int64_t ms) {
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(ms, kNsPerMs, &ns)) return std::nullopt;
  return from_unix_ns(ns);
}

}  // namespace mlmon
