#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// The help of a command: "" (mlmon itself), "run", "plugin", "plugin list" ... Lines of at most 80 columns, one screen each.
std::string_view help_text(std::string_view command);

/// All commands that have a help, mlmon itself left out: "run", "jobs", "jobs list" ...
std::vector<std::string> help_commands();

}  // namespace mlmon
