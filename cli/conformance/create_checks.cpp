#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/conformance/observer_checks.h"
#include "cli/conformance/plugin_schema.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

Verdict instance(const Subject& subject) {
  EventSupply events(event_lines(subject, 1), subject.types);
  ObserverTrial trial(*subject.item, subject.config, events);
  CallResult result = trial.create();
  if (result.ok()) result = trial.finish();
  trial.destroy();
  return Verdict::unless(failure_of(result));
}

/// The configurations with one of its keys of another type that its own schema lets through.
std::vector<std::pair<std::string, std::string>> wrong_configurations(const Subject& subject) {
  std::vector<std::pair<std::string, std::string>> wrong;
  const char* text = subject.item->about.config_schema;
  const SortedJson schema = text != nullptr ? SortedJson::parse(text) : SortedJson::object();
  const Result<Schema> read = schema_of(*subject.item);
  const SortedJson values = {nullptr, true,          -1,       1e300,         "text",
                       "",      SortedJson::array(), {"a", 1}, SortedJson::object()};
  const SortedJson properties = schema.value("properties", SortedJson::object());
  for (const auto& [key, about] : properties.items()) {
    for (const SortedJson& value : values) {
      SortedJson own = SortedJson::parse(subject.own);
      own[key] = value;
      const Schema::Validation valid = read->validate(own.dump());
      if (valid.ok()) wrong.emplace_back(key + " = " + value.dump(), valid.json);
    }
  }
  return wrong;
}

/// What the schema refuses never comes to create; what it lets through create takes, or refuses
/// with a text.
Verdict any_configuration(const Subject& subject) {
  EventSupply events(event_lines(subject, 60), subject.types);
  const auto configurations = wrong_configurations(subject);
  for (const auto& [what, config] : configurations) {
    const Record record = record_apart(subject, [&] {
      ObserverTrial trial(*subject.item, config, events);
      return Record{breach_of(trial.live(20))};
    });
    if (!record.failure.empty()) return Verdict::failed("with " + what + ": " + record.failure);
  }
  return Verdict::ok();
}

}  // namespace

std::vector<Check> create_checks() {
  return {{"create.instance",
           "an instance is made and ends without an event",
           Check::About::kObserver,
           instance,
           {"schema.configuration"}}};
}

std::vector<Check> configuration_checks() {
  return {{"create.any_configuration",
           "what the schema lets through is taken, or refused with a text",
           Check::About::kObserver,
           any_configuration,
           {"schema.configuration", "create.instance", "batches.ordinary", "memory.bounds"}}};
}

}  // namespace mlmon
