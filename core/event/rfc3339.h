#pragma once

#include <cstdint>
#include <string_view>

#include "core/event/instant.h"

namespace mlmon {

/// What a text is, read as an RFC 3339 date-time.
enum class Rfc3339 : std::uint8_t {
  kInstant,
  kNotATime,        // wrong shape, or a day, hour, minute or second that does not exist
  kOutsideOfYears,  // a date-time, but in UTC not within the years 0001 to 9999
};

/// Which texts are times.
enum class TimeRule : std::uint8_t {
  kStrict,   // as parse_rfc3339() says
  kLenient,  // also a blank for `T`, `+0200` and `+02` for zones, and no zone for UTC
};

/// parse_rfc3339 with the reason of a refusal; writes `at` only for kInstant.
Rfc3339 read_rfc3339(std::string_view text, Instant& at, TimeRule rule = TimeRule::kStrict);

}  // namespace mlmon
