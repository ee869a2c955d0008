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

/// Both paths lead to one regular file; "-" is stdin.
bool same_file(const std::string& path, const std::string& other);

/// Both paths name one place, whether a file is there or not.
bool same_name(const std::string& path, const std::string& other);

/// A file that is written to must not be one that is read.
Result<void> check_not_an_input(const std::string& path, const std::vector<std::string>& inputs);

}  // namespace mlmon
