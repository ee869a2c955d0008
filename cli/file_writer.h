#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// Writes a whole file so that a reader sees the old text or the new one, never a part: a file beside it
/// that takes its name. A symbolic link stays one: what it leads to is written. The error names the path.
Result<void> write_atomically(const std::string& path, std::string_view text);

/// True for "-" and for links such as /dev/stdout.
bool leads_to_stdout(const std::string& path);

}  // namespace mlmon
