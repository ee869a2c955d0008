#pragma once

#include <filesystem>
#include <string>

#include "cli/options.h"
#include "core/result.h"

namespace mlmon {

/// Nothing to say against NAME as the name of a project, its file NAME.so and its class: [a-z][a-z0-9_-]*,
/// at most 64 bytes.
Result<void> check_project_name(const std::string& name);

/// Writes the folder `parent`/`name`: the template of the language with its placeholders filled in, and
/// what it needs of the SDK, both taken from `prefix`. The folder appears whole or not at all; one that is
/// there is left alone.
Result<void> write_plugin_project(PluginLanguage language, const std::string& name,
                                  const std::filesystem::path& prefix,
                                  const std::filesystem::path& parent);

}  // namespace mlmon
