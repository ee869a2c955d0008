#include "cli/reloader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <set>
#include <utility>

#include "core/config/config_environment.h"

namespace mlmon {
namespace {

constexpr const char* kCodeChanged = " (its code has changed on disk)";

/// A pipe or a terminal gives its text once.
bool can_be_read_again(const std::optional<std::string>& file) {
  struct stat status {};
  return !file || stat(file->c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

/// Keys of the table `in` that were given another value, or none any more.
std::vector<std::string> changed_keys(const Config& a, const Config& b, const std::string& in) {
  std::set<std::string> keys;
  const auto note = [&](const Config& from, const Config& other) {
    for (const auto& [key, given] : from.given) {
      const auto same = other.given.find(key);
      if (key.starts_with(in) && (same == other.given.end() || same->second.json != given.json)) keys.insert(key);
    }
  };
  note(a, b);
  note(b, a);
  return {keys.begin(), keys.end()};
}

void append_names(std::string& line, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  line += fmt::format("{}{} {}", line.empty() ? "" : "; ", what, fmt::join(names, ", "));
}

}  // namespace

Reloader::Reloader(const RunOptions& options, const Setup& setup, Engine& engine, Log& log,
                   ServiceNotifier& notifier, const Clock& clock)
    : options_(options),
      begun_with_(setup),
      engine_(engine),
      log_(log),
      notifier_(notifier),
      clock_(clock),
      checkpoint_every_ns_(setup.config.bus.checkpoint_every_ns) {
  for (const AssembledObserver& observer : setup.assembly.observers) {
    if (observer.library && !observer.apart) loaded_.emplace(observer.path, observer.code);
  }
}

bool Reloader::prepare() {
  notifier_.reloading(clock_.monotonic_ns() / 1000);
  settings_.clear();
  restart_.clear();
  if (!load()) return false;
  note_code();
  note_fixed_keys(next_.config);
  const ReloadPlan plan = engine_.plan(next_.assembly.observers);
  if (!plan.refused.empty()) {
    refuse(plan.refused);
    return false;
  }
  if (plan.any()) return true;
  finish(plan);
  return false;
}

/// False: it cannot be used, and that was told.
bool Reloader::load() {
  const SystemEnvironment environment;
  const std::optional<std::string> file = options_.config ? options_.config : find_config(environment);
  if (!can_be_read_again(file)) {
    refuse({*file + ": is not a regular file, which could be read again"});
    return false;
  }
  SetupLoad loaded = load_setup(options_.config, options_.sets, options_.plugin_dirs, log_, options_.observers);
  std::vector<std::string> errors;
  for (const ConfigError& error : loaded.errors) errors.push_back(error.to_string());
  if (errors.empty() && check_files) {
    if (const auto apart = check_files(*loaded.setup); !apart) errors.push_back(apart.error().text);
  }
  if (!errors.empty()) {
    refuse(errors);
    return false;
  }
  next_ = std::move(*loaded.setup);
  return true;
}

/// A library is loaded once, whatever stands in its file by now.
void Reloader::note_code() {
  for (AssembledObserver& observer : next_.assembly.observers) {
    if (observer.apart || !observer.library) continue;
    const std::string& code = loaded_.emplace(observer.path, observer.code).first->second;
    if (code != observer.code) restart_.push_back("observers." + observer.config.name + kCodeChanged);
    observer.code = code;
  }
}

/// What is decided before anything is read stays as it is.
void Reloader::note_fixed_keys(const Config& config) {
  const Config& now = begun_with_.config;
  const bool same_input = config.input == now.input;
  const bool same_state = config.state == now.state;
  for (const auto& [table, same] : {std::pair{"input.", same_input}, std::pair{"state.", same_state}}) {
    if (same) continue;
    for (std::string& key : changed_keys(config, now, table)) restart_.push_back(std::move(key));
  }
}

Result<void> Reloader::swap() {
  const ReloadPlan plan = engine_.plan(next_.assembly.observers);  // one may have been stopped meanwhile
  if (!plan.refused.empty()) {
    refuse(plan.refused);
    return {};
  }
  const Result<Engine::Swapped> swapped = engine_.swap(next_.assembly.observers, plan);
  if (!swapped) return swapped.error();
  if (!swapped->ok()) {
    std::vector<std::string> errors = swapped->failures;
    for (const ConfigError& error : swapped->config_errors) errors.push_back(error.to_string());
    refuse(errors);
    return {};
  }
  finish(plan);
  if (on_swapped) on_swapped();
  return {};
}

void Reloader::refuse(const std::vector<std::string>& errors) {
  log_.log(LogLevel::kError, "",
           fmt::format("reload: the old configuration stays in force: {}", fmt::join(errors, "; ")));
  notifier_.ready();
}

void Reloader::finish(const ReloadPlan& plan) {
  const std::int64_t every_ns = next_.config.bus.checkpoint_every_ns;
  if (every_ns != std::exchange(checkpoint_every_ns_, every_ns)) {
    engine_.pipeline().set_checkpoint_every(every_ns);
    settings_.push_back("bus.checkpoint_every");
  }
  std::vector<std::string> changed = plan.changed;
  changed.insert(changed.end(), settings_.begin(), settings_.end());
  std::vector<std::string> restart = restart_;
  restart.insert(restart.end(), plan.restart.begin(), plan.restart.end());
  std::string line;
  append_names(line, "added", plan.added);
  append_names(line, "changed", changed);
  append_names(line, "removed", plan.removed);
  if (line.empty()) line = plan.reordered ? "observers stand in another order" : "nothing has changed";
  append_names(line, "restart needed:", restart);
  if (options_.verbosity >= 0) log_.tell("reload: " + line);
  notifier_.ready();
}

}  // namespace mlmon
