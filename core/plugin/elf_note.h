#pragma once

#include <string>

#include "core/result.h"

namespace mlmon {

/// The description in the plugin's ELF note (owner "mlmon", see <mlmon/note.h>): JSON that says what is in
/// the file, read without loading it, so that nobody's code runs. Empty if the file has no such note; an
/// error if it is no 64-bit shared library. Format: System V ABI, chapter 5, "Note Section".
Result<std::string> read_plugin_note(const std::string& path);

}  // namespace mlmon
