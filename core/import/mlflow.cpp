#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "core/event/instant.h"
#include "core/import/document.h"
#include "core/import/tool_time.h"
#include "core/text/wording.h"

// Answers of MLflow's REST API: runs/get, runs/search and metrics/get-history
// (mlflow/protos/service.proto of https://github.com/mlflow/mlflow).

namespace mlmon {
namespace {

using Json = ImportJson;

constexpr std::array<std::string_view, 4> kOwnFigures = {"accuracy", "precision", "recall", "f1"};
constexpr std::array<std::string_view, 4> kPrefixes = {"val", "validation", "test", "eval"};

/// A metric as it was logged.
struct Logged {
  std::string key;
  double value = 0;
  std::int64_t timestamp_ms = 0, step = 0;
};

std::int64_t integer_of(const Json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return 0;
  return std::strtoll(value.get_ref<const std::string&>().c_str(), nullptr, 10);  // protobuf's 64 bits
}

/// "f1_score" as "f1"; empty: it is none of our own figures.
std::string_view own_figure(std::string_view name) {
  for (const std::string_view own : kOwnFigures) {
    if (name == own) return own;
    if (name.size() == own.size() + 6 && name.starts_with(own) && name.ends_with("_score")) return own;
  }
  return {};
}

bool is_separator(char c) { return c == '_' || c == '/' || c == '.' || c == '-'; }

/// The prefix of "val_f1", and what stands after it: {"val", "f1"}; without one {"", key}.
std::pair<std::string_view, std::string_view> split_key(std::string_view key, std::string_view chosen) {
  const auto cut = [&](std::string_view prefix) -> std::pair<std::string_view, std::string_view> {
    std::string_view rest = key.substr(prefix.size());
    if (!is_separator(prefix.back())) {
      if (rest.empty() || !is_separator(rest[0])) return {{}, key};
      rest.remove_prefix(1);
    }
    return {prefix, rest};
  };
  if (!chosen.empty()) return key.starts_with(chosen) ? cut(chosen) : std::pair(std::string_view(), key);
  for (const std::string_view prefix : kPrefixes) {
    if (!key.starts_with(prefix)) continue;
    if (const auto found = cut(prefix); !found.first.empty()) return found;
  }
  return {{}, key};
}

/// Which of the keys is which of our own figures: f1 before f1_score, both before those with a prefix.
class OwnFigures {
 public:
  OwnFigures(const std::vector<Logged>& metrics, const std::string& prefix, ImportSink& sink) {
    std::map<std::string_view, std::vector<Form>> forms;
    for (const Logged& metric : metrics) {
      const auto [found, name] = split_key(metric.key, prefix);
      const std::string_view own = own_figure(name);
      if (own.empty() || (!prefix.empty() && found.empty())) continue;
      forms[own].push_back({(found.empty() ? 0 : 2) + (name == own ? 0 : 1), metric.key, found});
    }
    for (auto& [own, found] : forms) {
      std::stable_sort(found.begin(), found.end(),
                       [](const Form& a, const Form& b) { return a.rank < b.rank; });
      const Form& best = found.front();
      const bool clear = best.prefix.empty() || std::all_of(found.begin(), found.end(), [&](const Form& form) {
                           return form.prefix == best.prefix;
                         });
      if (clear) by_key_.emplace(best.key, own);
      else sink.needs(ambiguous(own, found));
    }
  }

  /// The name that the event has it by.
  std::string_view name_of(const std::string& key) const {
    const auto at = by_key_.find(key);
    return at == by_key_.end() ? std::string_view(key) : at->second;
  }

 private:
  struct Form {
    int rank;
    std::string_view key, prefix;
  };

  static std::string ambiguous(std::string_view own, const std::vector<Form>& forms) {
    std::vector<std::string> keys;
    for (const Form& form : forms) keys.emplace_back(form.key);
    return std::string(own) + " may be " + one_of(keys) + ": give --prefix";
  }

  std::map<std::string, std::string_view, std::less<>> by_key_;
};

Result<Logged> read_logged(const Json& metric, const std::string& place, bool& there, ImportSink& sink) {
  const Json& key = member_of(metric, "key");
  if (!key.is_string() || !metric.contains("value")) {
    return Error{place + ": expected an object with key, value and timestamp, got " + kind_of(metric)};
  }
  Logged logged{key.get<std::string>(), 0, integer_of(member_of(metric, "timestamp")),
                integer_of(member_of(metric, "step"))};
  const auto value = figure_of(metric["value"], logged.key, sink);
  there = value.has_value();
  if (value) logged.value = *value;
  return logged;
}

std::string time_of(const Logged& metric) {
  const auto at = metric.timestamp_ms > 0 ? from_unix_ms(metric.timestamp_ms) : std::nullopt;
  return at ? format_rfc3339(*at) : "";
}

std::string metric_id(const std::string& run, const Logged& metric) {
  return (run.empty() ? "" : run + ":") + metric.key + ":" + std::to_string(metric.step);
}

void read_tags(const Json& tags, Observation& observation) {
  if (!tags.is_array()) return;
  for (const Json& tag : tags) {
    const std::string key = text_of(member_of(tag, "key"));
    const std::string value = text_of(member_of(tag, "value"));
    if (key == "mlmon.model") observation.name = value;
    if (key == "mlmon.version") observation.version = value;
    if (key == "mlmon.deployed_at") observation.deployed_at = value;
  }
}

/// Where the event has it. With --prefix, a key without it is none of our own figures, even if it is called f1.
MemberPath path_of(const std::string& key, const OwnFigures& own, const ImportChoices& choices) {
  const std::string_view name = own.name_of(key);
  if (name == key && !choices.prefix.empty()) return {Field::kFigures, key, Field::kUnknown};
  return metric_path(name);
}

Result<void> read_run(const Json& run, const ImportChoices& choices, ImportSink& sink) {
  const Json& data = member_of(run, "data");
  const std::string id = text_of(member_of(member_of(run, "info"), "run_id"));
  if (!member_of(run, "info").is_object()) {
    return Error{"expected a run with info and data, got " + kind_of(run)};
  }
  Observation observation;
  observation.where = id.empty() ? "" : "run " + id;
  std::vector<Logged> metrics;
  std::size_t index = 0;
  for (const Json& metric : member_of(data, "metrics")) {
    bool there = false;
    auto logged = read_logged(metric, "data/metrics/" + std::to_string(index++), there, sink);
    if (!logged) return logged.error();
    if (there) metrics.push_back(std::move(*logged));
  }
  // MLflow answers in any order.
  std::stable_sort(metrics.begin(), metrics.end(),
                   [](const Logged& a, const Logged& b) { return a.key < b.key; });
  const OwnFigures own(metrics, choices.prefix, sink);
  const Logged* newest = nullptr;
  std::set<std::pair<Field, std::string>> named;  // f1 itself is not metrics.f1
  for (const Logged& metric : metrics) {
    if (!newest || metric.timestamp_ms > newest->timestamp_ms) newest = &metric;
    MemberPath path = path_of(metric.key, own, choices);
    if (!named.emplace(path.field, path.key).second) continue;
    observation.metrics.push_back({std::move(path), metric.value});
  }
  if (newest) {
    observation.time = time_of(*newest);
    observation.id = metric_id(id, *newest);
  }
  read_tags(member_of(data, "tags"), observation);
  sink.observe(observation);
  return {};
}

/// Each entry of a metric's history has its own time.
Result<void> read_history(const Json& history, const ImportChoices& choices, ImportSink& sink) {
  std::size_t index = 0;
  for (const Json& metric : history) {
    bool there = false;
    const std::string place = "metrics/" + std::to_string(index++);
    auto logged = read_logged(metric, place, there, sink);
    if (!logged) return logged.error();
    if (!there) continue;
    const OwnFigures own({*logged}, choices.prefix, sink);
    Observation observation;
    observation.where = place;
    observation.metrics.push_back({path_of(logged->key, own, choices), logged->value});
    observation.time = time_of(*logged);
    observation.id = metric_id(text_of(member_of(metric, "run_id")), *logged);
    sink.observe(observation);
  }
  return {};
}

Result<void> read_mlflow(const Json& document, const ImportChoices& choices, ImportSink& sink) {
  if (!text_of(member_of(document, "next_page_token")).empty()) {
    sink.warn("there are more: the answer has a next_page_token");
  }
  if (document.is_object() && document.contains("run")) return read_run(document["run"], choices, sink);
  if (member_of(document, "runs").is_array()) {
    for (const Json& run : document["runs"]) {
      if (auto done = read_run(run, choices, sink); !done) return done;
    }
    return {};
  }
  if (member_of(document, "metrics").is_array()) return read_history(document["metrics"], choices, sink);
  if (document.is_object() && document.empty()) return {};  // how it says that no run was found
  if (document.is_object() && document.contains("error_code")) {
    return Error{"MLflow's answer is an error: " + text_of(document["error_code"]) + ": " +
                 text_of(member_of(document, "message"))};
  }
  return Error{"expected an answer of runs/get, runs/search or metrics/get-history: an object with run, runs "
               "or metrics, got " + kind_of(document)};
}

}  // namespace

DocumentFormat mlflow_format(const ImportChoices& choices) {
  return [&choices](const Json& document, ImportSink& sink) { return read_mlflow(document, choices, sink); };
}

}  // namespace mlmon
