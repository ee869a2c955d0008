#pragma once

#include <mlmon/abi.h>

#include <string_view>

namespace mlmon {

/// The text of the ABI, whose bytes stay its owner's.
inline std::string_view view(mlmon_str text) { return {text.ptr, text.len}; }

}  // namespace mlmon
