#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "core/run/pipeline_observer.h"
#include "core/text/quantity.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

Json observer_json(const AssembledObserver& assembled, const PipelineObserver& started) {
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
  return json;
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
  return out;
}

/// What an observer finds worth a word while it is made is a warning here; run shows it with -v.
class Warnings final : public LogSink {
 public:
  explicit Warnings(LogSink& log) : log_(log) {}

  void log(LogLevel level, std::string_view origin, std::string_view text) override {
    const bool of_plugin = level == LogLevel::kInfo && !origin.empty();
    log_.log(of_plugin ? LogLevel::kWarn : level, origin, text);
  }
  bool tell(std::string_view text) override { return log_.tell(text); }

 private:
  LogSink& log_;
};

}  // namespace

int check_command(const CheckOptions& options) {
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const Result<int> out = claim_stdout();
  if (!out) {
    log.log(LogLevel::kError, "", out.error().text);
    return kExitFailed;
  }
  const std::optional<Setup> setup = set_up(options.config, options.sets, options.plugin_dirs, log);
  if (!setup) return kExitUsage;

  const Config& config = setup->config;
  std::string text = fmt::format("configuration: {}\n",
                                 config.file.empty() ? "built-in defaults" : printable(config.file));
  std::string lines;
  bool failed = false;
  const ModelTable models;
  const auto wishes = std::make_shared<EventWishes>();
  Warnings warnings(log);
  const ObserverSurroundings surroundings{wishes, false, false, models, warnings, [] {}};
  const std::vector<AssembledObserver>& observers = setup->assembly.observers;
  const auto all_started = start_observers(
      observers, std::vector<ObserverState>(observers.size()), surroundings);
  if (tell_config_errors(all_started, log)) return kExitUsage;
  for (std::size_t i = 0; i < observers.size(); ++i) {
    const AssembledObserver& assembled = observers[i];
    const PipelineObserver& started = all_started[i];
    failed |= !started.host;
    const Json json = observer_json(assembled, started);
    text += observer_text(json);
    lines += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  if (!write_stdout(options.json ? lines : text, *out)) return kExitFailed;
  return failed ? kExitFailed : kExitDone;
}

}  // namespace mlmon
