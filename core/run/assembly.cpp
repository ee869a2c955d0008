#include "core/run/assembly.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config/config_schema.h"

namespace mlmon {
namespace {

/// Keys of [observers.NAME] that are the host's.
const std::vector<std::string> kHostKeys = {"plugin", "enabled",  "models",
                                            "types",  "overflow", "capacity"};

std::string place(const ObserverConfig& config, const char* key) {
  return place_of(config, append_pointer("", key));
}

/// `types` chooses among those of the class.
void read_types(AssembledObserver& observer, std::vector<ConfigError>& errors) {
  observer.types = observer.config.types;
  if (!observer.library) {  // nobody knows what it would offer
    if (observer.types.empty()) observer.types = {"metrics", "drift", "job"};
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
                  const std::string& host_version, LogSink& log) {
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
    observer.path = *path;
    Result<void> trusted = check_plugin_file(observer.path);
    if (trusted) {
      auto loaded = PluginLibrary::load(observer.path, host_version);
      if (!loaded) {
        observer.failure = loaded.error().text;
      } else if (!(*loaded)->classes().front().observes()) {
        observer.failure = observer.path + ": its first class is no observer";
      } else {
        observer.library = *loaded;
        const std::size_t errors_before = assembly.errors.size();
        read_own_keys(observer, assembly.errors);
        if (assembly.errors.size() == errors_before) make_router(observer, assembly.errors, log);
      }
    } else {
      observer.failure = trusted.error().text;
    }
    read_types(observer, assembly.errors);
    assembly.observers.push_back(std::move(observer));
  }
  return assembly;
}

EventRules event_rules(const Config::Input& input) {
  EventRules rules;
  rules.any_version = input.any_version;
  rules.nan_is_null = input.nan_is_null;
  rules.lenient_times = input.lenient_times;
  return rules;
}

}  // namespace mlmon
