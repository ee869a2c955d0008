#pragma once

#include <memory>
#include <string>

#include "core/plugin/plugin_library.h"
#include "core/result.h"

namespace mlmon {

/// Whether the file is an observer in Python, which is never loaded into this process.
bool is_python_plugin(const std::string& path);

/// The plugin that the file is: a library, loaded; or an observer in Python, whose instances are processes.
Result<std::shared_ptr<const PluginLibrary>> load_plugin(const std::string& path);

}  // namespace mlmon
