#pragma once

#include <mlmon/abi.h>

#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace mlmon {

/// What a plugin hands over as further members of a line, one JSON object or nothing: the text between its
/// braces, on one line; empty: there are none. The error says what cannot be used; names that are `reserved`
/// cannot.
Result<std::string> plugin_members(mlmon_str fields, std::span<const std::string_view> reserved);

}  // namespace mlmon
