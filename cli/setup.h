#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/log.h"
#include "core/config/config.h"
#include "core/plugin/plugin_path.h"
#include "core/run/assembly.h"
#include "core/run/pipeline_observer.h"

namespace mlmon {

/// Configuration and plugins, found, read and checked.
struct Setup {
  Config config;
  Assembly assembly;
};

/// Where plugins are looked for: `given`, MLMON_PLUGIN_PATH, then ../lib/mlmon/plugins beside the program.
PluginFolders plugin_folders_of(const std::vector<std::string>& given);

/// How plugins are started in processes of their own: all of it is found beside the program.
ChildCommands child_commands();

/// What came of reading a configuration and loading what it names: with errors, which stand in the order of the
/// file, nothing may be run with it.
struct SetupLoad {
  std::optional<Setup> setup;
  std::vector<ConfigError> errors;
};

/// As set_up(), but tells nothing.
SetupLoad load_setup(const std::optional<std::string>& file, const std::vector<std::string>& sets,
                     const std::vector<std::string>& plugin_dirs, Log& log,
                     const std::vector<std::string>& only = {});

/// Reads the configuration (`file`, else one that is found, else the defaults) and loads what it names.
/// `only`: plugins that run in place of the configured observers, with their defaults. Nothing if it cannot
/// be used: then all that is wrong has been told.
std::optional<Setup> set_up(const std::optional<std::string>& file,
                            const std::vector<std::string>& sets,
                            const std::vector<std::string>& plugin_dirs, Log& log,
                            const std::vector<std::string>& only = {});

/// The same for a command that asks observers and delivers nothing: what is wrong with targets and receivers,
/// variables that are not set here say, is no obstacle.
std::optional<Setup> set_up_to_ask(const std::optional<std::string>& file, const std::vector<std::string>& sets,
                                   const std::vector<std::string>& plugin_dirs, Log& log);

/// What the configuration says about events, for commands that write some. A configuration that names
/// variables which are not set here, or plugins which are not there, is no obstacle. Nothing if it cannot
/// be read, or its [input] is wrong: then that has been told.
std::optional<Config::Input> read_input_config(const std::optional<std::string>& file,
                                               const std::vector<std::string>& sets, Log& log);

/// Makes the observers of a run that is to come, without state, and tells what they say is wrong with their
/// configuration; true: there was something. What else they say, they say again in the run.
bool tell_config_errors_ahead(const Assembly& assembly, Log& log);

/// Tells what the observers say is wrong with their configuration; true: there was something.
bool tell_config_errors(const std::vector<PipelineObserver>& observers, Log& log);

}  // namespace mlmon
