#pragma once

#include <string_view>

namespace mlmon {

/// The help of a command: "" (mlmon itself), "run", "plugin", "plugin list" ... Lines of at most 80 columns, one screen each.
std::string_view help_text(std::string_view command);

}  // namespace mlmon
