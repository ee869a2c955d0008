#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/health.h"
#include "cli/reachability.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/state_health.h"
#include "cli/system_clock.h"
#include "core/input/input_paths.h"
#include "core/store/state_folder.h"

namespace mlmon {
namespace {

/// Mistakes of the configuration, as findings.
class Mistakes final : public LogSink {
 public:
  explicit Mistakes(Health& health) : health_(health) {}
  void log(LogLevel level, std::string_view origin, std::string_view text) override {
    if (level < LogLevel::kWarn) return;
    const std::string from(origin);
    health_.add(level == LogLevel::kError ? HealthFinding::Status::kBroken : HealthFinding::Status::kWarning,
                "configuration", (from.empty() ? "" : from + ": ") + std::string(text));
  }
  bool tell_all(std::span<const std::string>) override { return true; }

 private:
  Health& health_;
};

/// The configuration and its plugins; nothing: they cannot be used.
std::optional<Setup> check_configuration(const DoctorOptions& options, Health& health) {
  const SystemEnvironment environment;
  ConfigSources sources{options.place.config, false, options.place.sets};
  if (!options.place.config) {
    sources.file = find_config(environment);
    sources.found_by_itself = true;
  }
  ConfigLoad loaded = load_config(sources, environment);
  for (const ConfigError& error : loaded.errors) {
    health.broken("configuration", error.to_string());
  }
  if (!loaded.config) return std::nullopt;
  Setup setup{std::move(*loaded.config), {}};
  Mistakes mistakes(health);
  setup.assembly =
      assemble(setup.config, plugin_folders_of(options.plugin_dirs), MLMON_VERSION, child_commands(), mistakes);
  for (const ConfigError& error : setup.assembly.errors) {
    health.broken("configuration", error.to_string());
  }
  if (loaded.errors.empty() && setup.assembly.errors.empty()) {
    health.ok("configuration",
              setup.config.file.empty() ? "built-in defaults" : setup.config.file);
  }
  for (const AssembledObserver& observer : setup.assembly.observers) {
    if (observer.library) {
      health.ok("plugin", observer.config.name + ": " + observer.path);
    } else {
      health.broken("plugin", observer.config.name + ": " + observer.failure);
    }
  }
  if (setup.assembly.observers.empty()) {
    health.warning("configuration", "no observer is enabled: nothing will be decided");
  }
  return setup;
}

void check_inputs(const Config& config, Health& health) {
  if (config.input.files.empty()) return;
  const InputPaths inputs = expand_globs(config.input.files);
  for (const Error& error : inputs.errors) health.warning("input", error.text);
  for (const std::string& path : inputs.files) {
    if (path != "-" && ::access(path.c_str(), R_OK) != 0) {
      health.broken("input", path + ": cannot be read");
    }
  }
  if (inputs.errors.empty() && !inputs.files.empty()) {
    health.ok("input", fmt::format("{} file{}", inputs.files.size(), inputs.files.size() == 1 ? "" : "s"));
  }
}

std::string health_text(const Health& health) {
  std::string text;
  for (const HealthFinding& finding : health.findings()) {
    text += fmt::format("{:<8} {:<14} {}\n", name_of(finding.status), finding.check,
                        printable(finding.detail));
  }
  return text;
}

std::string health_json(const Health& health) {
  std::string lines;
  for (const HealthFinding& finding : health.findings()) {
    const nlohmann::ordered_json line = {{"check", finding.check},
                                         {"status", name_of(finding.status)},
                                         {"detail", finding.detail}};
    lines += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  return lines;
}

}  // namespace

int doctor_command(const DoctorOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<int> out = claim_stdout(log);
  if (!out) return kExitFailed;
  Health health;
  const SystemClock clock;
  const std::optional<Setup> setup = check_configuration(options, health);
  const Result<std::string> folder = state_folder(
      options.place.state, setup ? setup->config.state.place() : "", SystemEnvironment());
  if (folder) {
    check_state(*folder, clock, health);
  } else if (options.place.state) {
    log.log(LogLevel::kError, "", folder.error().text);
    return kExitUsage;
  } else {
    health.broken("state", folder.error().text);
  }
  if (setup) {
    check_inputs(setup->config, health);
    if (options.online) check_brokers(setup->config.input.kafka.brokers, health);
    check_receivers(setup->assembly, options.online, health);
  }
  if (!write_stdout(options.json ? health_json(health) : health_text(health), *out)) return kExitFailed;
  return health.is_broken() ? kExitFailed : kExitDone;
}

}  // namespace mlmon
