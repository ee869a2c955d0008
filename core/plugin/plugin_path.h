#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// Where plugins are looked for, first to last.
using PluginFolders = std::vector<std::string>;

/// `given` (--plugin-dir), then those of `path_variable` (MLMON_PLUGIN_PATH, separated by colons), then
/// `installed`.
PluginFolders plugin_folders(const std::vector<std::string>& given, const char* path_variable,
                             const std::string& installed);

/// The file that a configuration's `plugin = "…"` means: a path if it holds a slash or ends in .so or .py, else
/// NAME.so in the first folder that has it. The error lists where it was looked for.
Result<std::string> find_plugin(const std::string& name, const PluginFolders& folders);

/// Only a plugin that root or the user owns and that no others may write to is loaded, and none that was
/// cut off: at such a file the dynamic loader does not fail, but ends the process (SIGBUS).
Result<void> check_plugin_file(const std::string& path);

/// All *.so files of the folders, in order of folder and name.
std::vector<std::string> list_plugin_files(const PluginFolders& folders);

}  // namespace mlmon
