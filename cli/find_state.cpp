#include "cli/find_state.h"

#include "core/config/config.h"
#include "core/store/state_folder.h"

namespace mlmon {
namespace {

/// [state] dir; nothing: the configuration cannot be used, and that has been told.
std::optional<std::string> configured_folder(const StateOptions& options,
                                             const ConfigEnvironment& environment, Log& log) {
  ConfigSources sources{options.config, false, options.sets};
  if (!options.config) {
    sources.file = find_config(environment);
    sources.found_by_itself = true;
  }
  const ConfigLoad loaded = load_config(sources, environment);
  for (const ConfigError& error : loaded.errors) {
    log.say(LogLevel::kError, "config", error.to_string());
  }
  if (!loaded.config || !loaded.errors.empty()) return std::nullopt;
  return loaded.config->state.place();
}

}  // namespace

std::optional<std::string> find_state(const StateOptions& options, Log& log) {
  const SystemEnvironment environment;
  // A trainer who names the folder needs no right to read the configuration and its secrets.
  const bool named =
      options.state || !environment.variable("MLMON_STATE").value_or("").empty();
  std::string configured;
  if (!named || options.config || !options.sets.empty()) {
    const auto folder = configured_folder(options, environment, log);
    if (!folder) return std::nullopt;
    configured = *folder;
  }
  const Result<std::string> folder = state_folder(options.state, configured, environment);
  if (folder) return *folder;
  log.log(LogLevel::kError, "", folder.error().text);
  return std::nullopt;
}

}  // namespace mlmon
