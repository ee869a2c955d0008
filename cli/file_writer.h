#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace mlmon {

/// Writes a whole file so that a reader sees the old text or the new one, never a part: a file beside it
/// that takes its name. The error names the path.
Result<void> write_atomically(const std::string& path, std::string_view text);

/// Opens a file for writing and empties it. The descriptor is the caller's.
Result<int> replace_file(const std::string& path);

}  // namespace mlmon
