#include "core/run/assembly.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "core/config/config_schema.h"
#include "core/event/event_types.h"
#include "core/isolation/isolated_plugin.h"
#include "core/run/guest_endpoints.h"
#include "core/run/isolation_keys.h"

namespace mlmon {
namespace {

/// Keys of [observers.NAME] that are the host's.
const std::vector<std::string> kHostKeys = {"plugin", "enabled",  "models",
                                            "types",  "overflow", "capacity", "isolation"};

std::string place(const ObserverConfig& config, const char* key) {
  return place_of(config, append_pointer("", key));
}

/// Which file it is, and when it was written.
std::string code_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return "";
  return fmt::format("{}:{}:{}:{}.{:09}", status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

/// `types` chooses among those of the class.
void choose_types(AssembledObserver& observer, std::vector<ConfigError>& errors) {
  observer.types = observer.config.types;
  if (!observer.library) {  // nobody knows what it would offer
    if (observer.types.empty()) observer.types = kOwnTypes;
    return;
  }
  const std::vector<std::string>& offered = observer.library->classes().front().subscribes;
  if (observer.types.empty()) observer.types = offered;
  for (const std::string& type : observer.types) {
    if (std::find(offered.begin(), offered.end(), type) != offered.end()) continue;
    std::string expected;
    for (const std::string& one : offered) {
      if (!expected.empty()) expected += &one == &offered.back() ? " or " : ", ";
      expected += one;
    }
    errors.push_back({place(observer.config, "types"),
                      "observers." + observer.config.name + ".types",
                      fmt::format("expected {}, got \"{}\"",
                                  expected.empty() ? "none" : expected, type)});
  }
}

/// The plugin, in this process or in one of its own, as it is configured. An error is the plugin's.
Result<std::shared_ptr<const PluginLibrary>> load_library(AssembledObserver& observer, const std::string& host_version,
                                                  const ChildCommands& children,
                                                  std::vector<ConfigError>& errors) {
  const bool python = observer.path.ends_with(".py");
  observer.apart = observer.config.apart || python;
  if (const Result<void> trusted = check_plugin_file(observer.path); !trusted) return trusted.error();
  IsolationPlan plan;
  if (python) {
    const std::string interpreter = take_interpreter(observer.config, errors);
    plan.command.words = children.python(interpreter, observer.path);
  } else if (observer.apart) {
    plan.command.words = children.library(observer.path);
  }
  if (!observer.apart) {
    auto loaded = PluginLibrary::load(observer.path, host_version);
    if (loaded) take_limits(observer.config, (*loaded)->classes().front().about.config_schema, false, plan, errors);
    return loaded;
  }
  auto about = IsolatedObserver::ask(plan);
  if (!about) return about.error().in(observer.path);
  take_limits(observer.config, about->schema.c_str(), true, plan, errors);
  std::shared_ptr<const PluginLibrary> delivers;
  if ((about->has & kDelivers) != 0) {  // that half stays here
    auto loaded = PluginLibrary::load(observer.path, host_version);
    if (!loaded) return loaded;
    delivers = *loaded;
  }
  return isolated_plugin(observer.path, std::move(*about), std::move(plan), delivers);
}

/// Checks the own keys and fills in the defaults.
void read_own_keys(AssembledObserver& observer, std::vector<ConfigError>& errors) {
  const char* text = observer.library->classes().front().about.config_schema;
  Result<Schema> schema =
      Schema::parse(text != nullptr ? text : R"({"type":"object","additionalProperties":false})");
  if (!schema) {
    observer.failure = observer.path + ": its configuration " + schema.error().text;
    observer.library = nullptr;
    return;
  }
  for (const std::string& key : kHostKeys) {
    if (!schema->has_property(key)) continue;
    observer.failure = fmt::format("{}: its configuration schema has a property \"{}\", which is the host's",
                                   observer.path, key);
    observer.library = nullptr;
    return;
  }
  Schema::Validation valid = schema->validate(observer.config.own, observer.config.secrets,
                                              kHostKeys);
  for (Schema::Mistake& mistake : valid.mistakes) {
    errors.push_back(own_key_error(observer.config, mistake.pointer, std::move(mistake.text)));
  }
  observer.own = with_paths(observer.config, valid.json, valid.paths);
  observer.secrets = std::move(valid.secrets);
  observer.secrets.insert(observer.config.secrets.begin(), observer.config.secrets.end());
}

/// `targets[0].url: needed` -> the JSON pointer /targets/0/url; the text behind it is left.
std::string take_pointer(std::string& text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos || text.find(' ') < colon) return "";
  std::string pointer, part;
  for (const char c : text.substr(0, colon) + ".") {
    if (c == '.' || c == '[' || c == ']') {
      if (!part.empty()) pointer = append_pointer(pointer, part);
      part.clear();
    } else {
      part += c;
    }
  }
  text.erase(0, colon + 2);
  return pointer;
}

void make_router(AssembledObserver& observer, std::vector<ConfigError>& errors, LogSink& log) {
  if (!observer.library || !observer.library->classes().front().delivers()) return;
  bool bad_config = false;
  auto router = RouterHost::create(observer.config.name, observer.library, observer.own, log,
                                   bad_config);
  if (router) {
    observer.router = std::move(*router);
    observer.router->hide(SecretTexts(observer.own, observer.secrets));
    return;
  }
  std::string text = router.error().text;
  if (bad_config) {
    for (ConfigError& error : plugin_key_errors(observer.config, text)) {
      errors.push_back(std::move(error));
    }
  } else {
    observer.failure = observer.path + ": " + text;
    observer.library = nullptr;
  }
}

}  // namespace

std::vector<ConfigError> plugin_key_errors(const ObserverConfig& observer, const std::string& text) {
  std::vector<ConfigError> errors;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    const std::string pointer = take_pointer(line);
    errors.push_back(own_key_error(observer, pointer, std::move(line)));
  }
  return errors;
}

Assembly assemble(const Config& config, const PluginFolders& folders,
                  const std::string& host_version, const ChildCommands& children, LogSink& log) {
  Assembly assembly;
  for (const ObserverConfig& observer_config : config.observers) {
    if (!observer_config.enabled) continue;
    AssembledObserver observer;
    observer.config = observer_config;

    Result<std::string> path = find_plugin(observer_config.plugin, folders);
    if (!path) {
      assembly.errors.push_back({place(observer_config, "plugin"),
                                 "observers." + observer_config.name + ".plugin",
                                 path.error().text});
      continue;
    }
    observer.given = observer_config.own;
    observer.path = *path;
    observer.code = code_of(observer.path);
    const std::size_t errors_before = assembly.errors.size();
    const Guests guests = take_guests(observer.config, assembly.errors);
    Result<std::shared_ptr<const PluginLibrary>> loaded =
        load_library(observer, host_version, children, assembly.errors);
    observer.given_to_host = observer.apart || !guests.endpoints.empty();
    if (!loaded) {
      observer.failure = loaded.error().text;
    } else if (!(*loaded)->classes().front().observes()) {
      observer.failure = observer.path + ": its first class is not an observer";
    } else {
      observer.library = *loaded;
      read_own_keys(observer, assembly.errors);
      observer.loaded = observer.library != nullptr;
      if (assembly.errors.size() == errors_before) {
        make_router(observer, assembly.errors, log);
        join_guests(observer, guests, folders, host_version, assembly.errors, log);
      }
    }
    choose_types(observer, assembly.errors);
    assembly.observers.push_back(std::move(observer));
  }
  return assembly;
}

EventRules event_rules(const Config::Input& input, const Clock* clock) {
  EventRules rules;
  rules.any_version = input.any_version;
  rules.nan_is_null = input.nan_is_null;
  rules.lenient_times = input.lenient_times;
  rules.unwrap = input.unwrap;
  rules.skip_foreign = input.skip_foreign;
  rules.max_ahead_ns = clock != nullptr ? input.max_ahead_ns : 0;
  rules.clock = clock;
  return rules;
}

}  // namespace mlmon
