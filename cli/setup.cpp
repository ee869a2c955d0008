#include "cli/setup.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include "cli/install_prefix.h"
#include "cli/kafka_input.h"
#include "cli/plugin_child_command.h"
#include "core/config/config_environment.h"

namespace mlmon {
namespace {

/// The line of a place "FILE:LINE"; behind all lines for other places.
unsigned long line_of(const ConfigError& error) {
  const std::size_t colon = error.place.rfind(':');
  const unsigned long line =
      colon != std::string::npos ? std::strtoul(error.place.c_str() + colon + 1, nullptr, 10) : 0;
  return line > 0 ? line : std::numeric_limits<unsigned long>::max();
}

/// An observer of a plugin with its defaults, named by the plugin.
ObserverConfig plain_observer(const std::string& plugin, const Config& config) {
  ObserverConfig observer;
  observer.name = std::filesystem::path(plugin).stem().string();
  observer.plugin = plugin;
  observer.capacity = config.bus.capacity;
  observer.places[""] = "--observer " + plugin;
  return observer;
}

class SilentLog final : public LogSink {
 public:
  void log(LogLevel, std::string_view, std::string_view) override {}
  bool tell_all(std::span<const std::string>) override { return true; }
};

/// In the order of the file; of one value the first mistake only.
std::vector<ConfigError> errors_in_order(std::vector<ConfigError> errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const ConfigError& a, const ConfigError& b) {
    return line_of(a) < line_of(b);
  });
  const auto same_value = [](const ConfigError& a, const ConfigError& b) {
    return a.place == b.place && a.key == b.key && line_of(a) == line_of(b);
  };
  errors.erase(std::unique(errors.begin(), errors.end(), same_value), errors.end());
  return errors;
}

void tell(std::vector<ConfigError> errors, Log& log) {
  for (const ConfigError& error : errors_in_order(std::move(errors))) log.say(LogLevel::kError, "config", error.to_string());
}

/// The configuration: `file`, else one that is found, else the defaults.
ConfigLoad load_files(const std::optional<std::string>& file, const std::vector<std::string>& sets) {
  const SystemEnvironment environment;
  if (file) return load_config({file, false, sets}, environment);
  return load_config({find_config(environment), true, sets}, environment);
}

/// Nothing, and what is wrong is told, unless nothing is.
std::optional<Setup> complete_setup(SetupLoad loaded, Log& log) {
  if (!loaded.errors.empty()) {
    tell(std::move(loaded.errors), log);
    return std::nullopt;
  }
  if (loaded.setup->assembly.observers.empty()) {
    log.log(LogLevel::kWarn, "", "no observer is enabled: nothing will be decided");
  }
  return std::move(loaded.setup);
}

/// A key of those whom actions go to.
bool is_of_delivery(const std::string& key) {
  if (!key.starts_with("observers.")) return false;
  for (const char* list : {".targets", ".receivers"}) {
    const std::size_t at = key.find(list);
    if (at == key.npos) continue;
    const char next = at + std::strlen(list) < key.size() ? key[at + std::strlen(list)] : '[';
    if (next == '[' || next == '.') return true;
  }
  return false;
}

}  // namespace

PluginFolders plugin_folders_of(const std::vector<std::string>& given) {
  return plugin_folders(given, std::getenv("MLMON_PLUGIN_PATH"), (install_prefix() / "lib/mlmon/plugins").string());
}

ChildCommands child_commands() {
  return {library_child, [](const std::string& interpreter, const std::string& path) {
            const std::string runner = (install_prefix() / "share/mlmon/python/run_observer.py").string();
            return program_child({interpreter, "-B", runner, path});
          }};
}

std::optional<Config::Input> read_input_config(const std::optional<std::string>& file,
                                               const std::vector<std::string>& sets, Log& log) {
  ConfigLoad loaded = load_files(file, sets);
  std::erase_if(loaded.errors, [&](const ConfigError& error) {
    return loaded.config && !error.key.starts_with("input");
  });
  if (loaded.errors.empty()) return loaded.config->input;
  tell(std::move(loaded.errors), log);
  return std::nullopt;
}

SetupLoad load_setup(const std::optional<std::string>& file, const std::vector<std::string>& sets,
                     const std::vector<std::string>& plugin_dirs, Log& log,
                     const std::vector<std::string>& only) {
  ConfigLoad loaded = load_files(file, sets);
  if (!loaded.config) return {std::nullopt, errors_in_order(std::move(loaded.errors))};

  // Also where the host's own keys are wrong already: a person wants to hear of all mistakes at once.
  Setup setup{std::move(*loaded.config), {}};
  if (!only.empty()) setup.config.observers.clear();
  for (const std::string& plugin : only) {
    setup.config.observers.push_back(plain_observer(plugin, setup.config));
  }
  setup.assembly = assemble(setup.config, plugin_folders_of(plugin_dirs), MLMON_VERSION, child_commands(), log);
  std::vector<ConfigError>& errors = loaded.errors;
  errors.insert(errors.end(), setup.assembly.errors.begin(), setup.assembly.errors.end());
  const std::vector<ConfigError> of_kafka = check_kafka_keys(setup.config);
  errors.insert(errors.end(), of_kafka.begin(), of_kafka.end());
  return {std::move(setup), errors_in_order(std::move(errors))};
}

std::optional<Setup> set_up(const std::optional<std::string>& file,
                            const std::vector<std::string>& sets,
                            const std::vector<std::string>& plugin_dirs, Log& log,
                            const std::vector<std::string>& only) {
  return complete_setup(load_setup(file, sets, plugin_dirs, log, only), log);
}

std::optional<Setup> set_up_to_ask(const std::optional<std::string>& file, const std::vector<std::string>& sets,
                                   const std::vector<std::string>& plugin_dirs, Log& log) {
  SetupLoad loaded = load_setup(file, sets, plugin_dirs, log, {});
  std::erase_if(loaded.errors, [](const ConfigError& error) { return is_of_delivery(error.key); });
  return complete_setup(std::move(loaded), log);
}

bool tell_config_errors_ahead(const Assembly& assembly, Log& log) {
  const ModelTable models;
  SilentLog silence;
  const ObserverSurroundings surroundings{std::make_shared<EventWishes>(), false, false, models, silence, [] {}};
  std::vector<ObserverState> states(assembly.observers.size());
  return tell_config_errors(start_observers(assembly.observers, std::move(states), surroundings), log);
}

bool tell_config_errors(const std::vector<PipelineObserver>& observers, Log& log) {
  std::vector<ConfigError> errors;
  for (const PipelineObserver& observer : observers) {
    errors.insert(errors.end(), observer.config_errors.begin(), observer.config_errors.end());
  }
  tell(errors, log);
  return !errors.empty();
}

}  // namespace mlmon
