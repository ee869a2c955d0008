#pragma once

#include <string_view>

#include "core/text/json_tape.h"

namespace mlmon {

// What a person can do about a line that is refused, as the end of its message: " (...)", or nothing.

/// Of a line that is not UTF-8.
std::string_view hint_for_bytes(std::string_view line);

/// Of a line that is not JSON.
std::string_view hint_for_json(std::string_view line);

/// Of a line that is a JSON value of that type, which is not an object.
std::string_view hint_for_value(JsonType type);

/// Of a text that is not a time.
std::string_view hint_for_time(std::string_view text);

}  // namespace mlmon
