#include "cli/setup.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/config_environment.h"

namespace mlmon {
namespace {

std::string installed_plugins() {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return (program.parent_path().parent_path() / "lib/mlmon/plugins").string();
}

void tell(const std::vector<ConfigError>& errors, Log& log) {
  for (const ConfigError& error : errors) log.say(LogLevel::kError, "config", error.to_string());
}

}  // namespace

PluginFolders plugin_folders_of(const std::vector<std::string>& given) {
  return plugin_folders(given, std::getenv("MLMON_PLUGIN_PATH"), installed_plugins());
}

std::optional<Setup> set_up(const std::optional<std::string>& file,
                            const std::vector<std::string>& sets,
                            const std::vector<std::string>& plugin_dirs, Log& log) {
  const SystemEnvironment environment;
  ConfigSources sources{file, false, sets};
  if (!file) {
    sources.file = find_config(environment);
    sources.found_by_itself = true;
  }
  ConfigLoad loaded = load_config(sources, environment);
  tell(loaded.errors, log);
  if (!loaded.config) return std::nullopt;

  // Also where the host's own keys are wrong already: a person wants to hear of all mistakes at once.
  Setup setup{std::move(*loaded.config), {}};
  setup.assembly = assemble(setup.config, plugin_folders_of(plugin_dirs), MLMON_VERSION);
  tell(setup.assembly.errors, log);
  if (!loaded.errors.empty() || !setup.assembly.errors.empty()) return std::nullopt;
  return setup;
}

}  // namespace mlmon
