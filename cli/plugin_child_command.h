#pragma once

#include <string>
#include <vector>

namespace mlmon {

/// The first argument of the command that a host starts itself with; it stands in no help.
inline constexpr const char* kPluginChildCommand = ":plugin-child";

/// The words that start the child of a plugin: of a library, or of a program that speaks the protocol of
/// sdk/PROTOCOL.md.
std::vector<std::string> library_child(const std::string& path);
std::vector<std::string> program_child(const std::vector<std::string>& program);

/// The child: sees to it that it does not outlive its host, then serves the library or becomes the program.
int plugin_child_command(const std::vector<std::string>& arguments);

}  // namespace mlmon
