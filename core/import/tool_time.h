#pragma once

#include <optional>
#include <string_view>

#include "core/event/instant.h"

namespace mlmon {

/// Reads a time as other tools write it: RFC 3339, and beside that a blank for `T` or before the zone, no
/// seconds, no time of day (then it is midnight), zones as +0200, +02 and UTC, and no zone for UTC.
std::optional<Instant> read_tool_time(std::string_view text);

/// Milliseconds since 1970.
std::optional<Instant> from_unix_ms(std::int64_t ms);

}  // namespace mlmon
