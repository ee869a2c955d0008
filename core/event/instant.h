#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlmon {

/// A point in time to the nanosecond, UTC, years 0001 to 9999.
struct Instant {
  std::int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
  std::int32_t nanos = 0;    // of that second, 0 to 999,999,999

  friend auto operator<=>(const Instant&, const Instant&) = default;
};

/// Reads an RFC 3339 date-time with a zone: `T` and `Z` in either case, no space, seconds 00 to 59, at
/// most nine digits of a fraction, `-00:00` is UTC. Nothing if the text is anything else, or if the
/// instant in UTC lies outside of the years 0001 to 9999.
std::optional<Instant> parse_rfc3339(std::string_view text);

/// RFC 3339 in UTC with `Z` and as many digits of a second as it needs; of one outside of these years, as a damaged state may
/// have it, the nearest.
std::string format_rfc3339(Instant at);

/// Nanoseconds since 1970, or nothing where 64 bits do not reach
/// (1677-09-21T00:12:43.145224192Z to 2262-04-11T23:47:16.854775807Z).
std::optional<std::int64_t> to_unix_ns(Instant at);
Instant from_unix_ns(std::int64_t ns);

}  // namespace mlmon
