#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/check_warnings.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/plugin_loader.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "core/run/audience_check.h"
#include "core/run/pipeline_observer.h"
#include "core/store/state_folder.h"
#include "core/text/glob.h"
#include "core/text/quantity.h"
#include "core/text/url_password.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

Json observer_json(const AssembledObserver& assembled, const PipelineObserver& started,
                   const std::string& state_folder) {
  const ObserverConfig& config = assembled.config;
  Json json = {{"observer", config.name}, {"plugin", assembled.path}};
  if (!started.host) {
    json["error"] = started.failure;
    return json;
  }
  const mlmon_class& about = assembled.library->classes().front().about;
  json["class"] = about.id;
  json["version"] = about.version;
  json["models"] = config.models;
  json["types"] = config.types;
  json["overflow"] = config.overflow == ObserverConfig::Overflow::kBlock ? "block" : "drop_newest";
  json["capacity"] = config.capacity;
  json["config"] = Json::parse(redact(assembled.own, assembled.secrets), nullptr, false);
  json["endpoints"] = Json::array();
  if (started.router) {
    for (const Endpoint& endpoint : started.router->endpoints()) {
      json["endpoints"].push_back(endpoint.name);
    }
  }
  if (const auto globs = target_globs(assembled); !globs.empty()) {
    json["queued"] = {{"unless", globs}, {"models", models_without_target(assembled, state_folder)}};
  }
  return json;
}

bool applies_to(const Json& globs, const std::string& model) {
  return !globs.is_array() || GlobList(globs.get<std::vector<std::string>>()).matches(model);
}

/// Leaves out the rules, targets and receivers whose `models` do not match, and their endpoints.
void keep_what_applies(Json& json, const std::string& model) {
  for (const char* list : {"rules", "targets", "receivers"}) {
    if (!json.contains("config") || !json["config"].contains(list)) continue;
    Json kept = Json::array();
    for (const Json& item : json["config"][list]) {
      const Json globs = item.is_object() && item.contains("models") ? item["models"] : Json();
      if (applies_to(globs, model)) {
        kept.push_back(item);
        continue;
      }
      const std::string name = item.value("name", item.value("type", ""));
      Json& endpoints = json["endpoints"];
      endpoints.erase(std::remove(endpoints.begin(), endpoints.end(), Json(name)), endpoints.end());
    }
    json["config"][list] = kept;
  }
}

std::string observer_text(const Json& json) {
  const auto text = [&](const char* key) { return printable(json[key].get<std::string>()); };
  if (json.contains("error")) {
    return fmt::format("observer {}: cannot run: {}\n", text("observer"), text("error"));
  }
  std::string out = fmt::format("observer {}: {} {} ({})\n", text("observer"), text("class"),
                                text("version"), text("plugin"));
  out += fmt::format("  models {}, {} when more than {} events wait\n", printable(json["models"].dump()),
                     text("overflow"), json["capacity"].get<std::uint32_t>());
  for (const auto& [key, value] : json["config"].items()) {
    out += fmt::format("  {} = {}\n", printable(key), printable(value.dump()));
  }
  for (const Json& endpoint : json["endpoints"]) {
    out += fmt::format("  delivers to {}\n", printable(endpoint.get<std::string>()));
  }
  if (json.contains("queued")) {
    const Json& queued = json["queued"];
    out += fmt::format("  requests for models that match none of {} wait in the queue (mlmon jobs)\n",
                       printable(queued["unless"].dump()));
    for (const Json& model : queued["models"]) {
      out += fmt::format("  no target: model {}\n", printable(model.get<std::string>()));
    }
  }
  for (const char* told : {"notes", "warnings"}) {
    if (!json.contains(told)) continue;
    for (const Json& line : json[told]) out += "  " + printable(line.get<std::string>()) + "\n";
  }
  return out;
}

/// The observers that do not run, as far as their plugins tell what they emit.
std::vector<AssembledObserver> load_disabled(const Config& config, const std::vector<std::string>& plugin_dirs) {
  std::vector<AssembledObserver> disabled;
  for (const ObserverConfig& observer : config.observers) {
    if (observer.enabled) continue;
    const Result<std::string> path = find_plugin(observer.plugin, plugin_folders_of(plugin_dirs));
    if (!path || !check_plugin_file(*path)) continue;
    auto library = load_plugin(*path);
    if (!library) continue;
    AssembledObserver& one = disabled.emplace_back();
    one.config = observer;
    one.library = *library;
  }
  return disabled;
}

/// What an observer finds worth a word while it is made is a warning here; run shows it with -v.
class Warnings final : public LogSink {
 public:
  explicit Warnings(LogSink& log) : log_(log) {}

  void log(LogLevel level, std::string_view origin, std::string_view text) override {
    const bool of_plugin = level == LogLevel::kInfo && !origin.empty();
    log_.log(of_plugin ? LogLevel::kWarn : level, origin, text);
  }
  bool tell_all(std::span<const std::string> texts) override { return log_.tell_all(texts); }

 private:
  LogSink& log_;
};

}  // namespace

int check_command(const CheckOptions& options) {
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<int> out = claim_stdout(log);
  if (!out) return kExitFailed;
  const std::optional<Setup> setup = set_up(options.config, options.sets, options.plugin_dirs, log);
  if (!setup) return kExitUsage;

  const Config& config = setup->config;
  std::string text = fmt::format("configuration: {}\n",
                                 config.file.empty() ? "built-in defaults" : printable(config.file));
  std::string lines;
  bool failed = false;
  const ModelTable models;
  const auto wishes = std::make_shared<EventWishes>();
  const SystemEnvironment environment;
  const Result<std::string> folder = state_folder(options.state, config.state.place(), environment);
  if (!folder && (options.state || !config.state.place().empty())) {
    log.log(LogLevel::kError, "", folder.error().text);
    return kExitUsage;
  }
  const std::string state = folder ? *folder : "";
  Warnings warnings(log);
  const ObserverSurroundings surroundings{wishes, false, false, models, warnings, [] {}};
  const std::vector<AssembledObserver>& observers = setup->assembly.observers;
  const auto all_started = start_observers(
      observers, std::vector<ObserverState>(observers.size()), surroundings);
  if (tell_config_errors(all_started, log)) return kExitUsage;
  const std::vector<UnheardType> unheard =
      unheard_types(observers, all_started, wishes->types(), load_disabled(config, options.plugin_dirs));
  for (std::size_t i = 0; i < observers.size(); ++i) {
    const AssembledObserver& assembled = observers[i];
    const PipelineObserver& started = all_started[i];
    failed |= !started.host;
    if (!options.model.empty() && !GlobList(assembled.config.models).matches(options.model)) continue;
    Json json = observer_json(assembled, started, state);
    const std::vector<std::string> will_bite = warnings_of(assembled, state);
    if (started.host && !will_bite.empty()) json["warnings"] = will_bite;
    for (const std::string& warning : will_bite) log.log(LogLevel::kWarn, "", warning);
    for (const UnheardType& type : unheard) {
      if (type.observer != assembled.config.name) continue;
      if (!type.emitter.empty()) log.log(LogLevel::kWarn, type.observer, type.text());
      json[type.emitter.empty() ? "notes" : "warnings"].push_back(type.text());
    }
    if (!options.model.empty()) keep_what_applies(json, options.model);
    text += observer_text(json);
    lines += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  if (!write_stdout(without_url_passwords(options.json ? lines : text), *out)) return kExitFailed;
  return failed ? kExitFailed : kExitDone;
}

}  // namespace mlmon
