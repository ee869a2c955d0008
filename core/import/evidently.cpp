#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/import/document.h"
#include "core/import/drift_method.h"
#include "core/import/evidently_legacy.h"
#include "core/text/wording.h"

// Reports of Evidently 0.7: core/report.py (Snapshot), core/serialization.py (SnapshotModel) and
// core/metric_types.py (MetricResult) of https://github.com/evidentlyai/evidently

namespace mlmon {
namespace {

using Json = ImportJson;

/// One metric of a report, in whatever file it stands.
struct Metric {
  std::string type;  // "F1Score"
  Json config;
  Json value;
};

/// The value of a result in a full snapshot, as `json()` writes it.
Json plain_result(const Json& result) {
  if (!result.is_object()) return result;
  if (result.contains("value")) return result["value"];
  if (result.contains("values")) return plain_result(result["values"]);
  Json members = Json::object();
  for (const auto& [key, held] : result.items()) {
    if (held.is_object() && key != "metric_value_location") members[key] = plain_result(held);
  }
  return members;
}

std::string class_of(const Json& config) {
  const std::string type = text_of(member_of(config, "type"));
  return type.substr(type.find_last_of(":.") + 1);
}

class Report {
 public:
  Report(const ImportChoices& choices, ImportSink& sink) : choices_(choices), sink_(sink) {}

  Result<void> read_json(const Json& document);
  Result<void> read_snapshot(const Json& document);
  void finish();

 private:
  void count_tests(const Json& tests);
  void add(const Metric& metric);
  void add_drift();
  void add_values(const std::string& name, const Json& value);
  void add_value(const std::string& name, const Json& value);

  const ImportChoices& choices_;
  ImportSink& sink_;
  Observation observation_;
  std::vector<Metric> drift_;
  std::map<std::string, int> named_;  // how often each name was given
  int tests_ = 0, tests_failed_ = 0;
};

Result<void> Report::read_json(const Json& document) {
  std::size_t index = 0;
  for (const Json& metric : document["metrics"]) {
    const Json& config = member_of(metric, "config");
    if (!config.is_object() || !metric.contains("value")) {
      return Error{"metrics/" + std::to_string(index) +
                   ": expected an object with config and value, got " + kind_of(metric)};
    }
    add({class_of(config), config, metric["value"]});
    ++index;
  }
  count_tests(member_of(document, "tests"));
  return {};
}

Result<void> Report::read_snapshot(const Json& document) {
  const Json& results = document["metric_results"];
  std::vector<std::string> ids;
  for (const Json& id : member_of(document, "top_level_metrics")) ids.push_back(text_of(id));
  if (ids.empty()) {
    for (const auto& [id, result] : results.items()) ids.push_back(id);
  }
  for (const std::string& id : ids) {
    const Json& result = member_of(results, id);
    const Json& config = member_of(member_of(member_of(result, "metric_value_location"), "metric"), "params");
    if (!config.is_object()) {
      return Error{"metric_results/" + in_quotes(id) +
                   ": expected a result with its metric_value_location, got " + kind_of(result)};
    }
    add({class_of(config), config, plain_result(result)});
  }
  for (const auto& [id, result] : results.items()) count_tests(member_of(result, "tests"));

  observation_.time = text_of(member_of(document, "timestamp"));
  const Json& metadata = member_of(document, "metadata");
  observation_.name = text_of(member_of(metadata, "model"));
  observation_.version = text_of(member_of(metadata, "version"));
  observation_.deployed_at = text_of(member_of(metadata, "deployed_at"));
  std::string tags;
  for (const Json& tag : member_of(document, "tags")) {
    tags += (tags.empty() ? "" : ",") + text_of(tag);
  }
  if (!tags.empty()) observation_.labels.emplace_back("tags", tags);
  return {};
}

void Report::count_tests(const Json& tests) {
  if (!tests.is_array()) return;
  for (const Json& test : tests) {
    ++tests_;
    if (text_of(member_of(test, "status")) == "FAIL") ++tests_failed_;
  }
}

void Report::add(const Metric& metric) {
  if (metric.type == "ValueDrift") {
    drift_.push_back(metric);
    return;
  }
  if (metric.type == "DriftedColumnsCount") {
    add_value("drifted_columns", member_of(metric.value, "count"));
    add_value("drifted_share", member_of(metric.value, "share"));
    return;
  }
  std::string name = metric.type == "F1Score" ? "f1" : in_snake_case(metric.type);
  const std::string column = text_of(member_of(metric.config, "column"));
  if (!column.empty()) name += "." + column;
  add_values(name, metric.value);
}

/// A value, or those by label and the like. Mean and count are what the metric is about.
void Report::add_values(const std::string& name, const Json& value) {
  if (!value.is_object()) return add_value(name, value);
  for (const auto& [key, held] : value.items()) {
    const bool itself = (key == "mean" && value.contains("std")) || (key == "count" && value.contains("share"));
    add_values(itself ? name : name + "." + key, held);
  }
}

void Report::add_value(const std::string& name, const Json& value) {
  const auto figure = figure_of(value, name, sink_);
  if (!figure) return;
  const int times = ++named_[name];  // as other parameters of one metric make it
  const std::string unique = times > 1 ? name + "." + std::to_string(times) : name;
  observation_.metrics.push_back({metric_path(unique), *figure});
}

void Report::add_drift() {
  std::map<std::string, int> tests;
  for (const Metric& metric : drift_) ++tests[text_of(member_of(metric.config, "column"))];
  std::set<std::string> unknown;
  for (const Metric& metric : drift_) {
    const std::string method = text_of(member_of(metric.config, "method"));
    std::string name = text_of(member_of(metric.config, "column"));
    if (tests[name] > 1) name += "." + method;
    const auto field = drift_method_of(method, choices_);
    if (!field) {
      unknown.insert(method);
      continue;
    }
    if (const auto figure = figure_of(metric.value, name, sink_)) {
      observation_.drift.push_back({feature_path(name, *field), *figure});
    }
  }
  for (const std::string& method : unknown) sink_.needs(unknown_method(method));
}

void Report::finish() {
  add_drift();
  if (tests_ > 0) observation_.metrics.push_back({metric_path("tests_failed"), double(tests_failed_)});
  sink_.observe(observation_);
}

Result<void> read_evidently(const Json& document, const ImportChoices& choices, ImportSink& sink) {
  Report report(choices, sink);
  Result<void> done;
  const Json& metrics = member_of(document, "metrics");
  if (member_of(document, "metric_results").is_object()) {
    done = report.read_snapshot(document);
  } else if (is_legacy_evidently(document)) {
    return read_legacy_evidently(document, choices, sink);
  } else if (metrics.is_array()) {
    done = report.read_json(document);
  } else {
    return Error{"expected a report of Evidently: an object with metrics or metric_results, got " +
                 kind_of(document)};
  }
  if (done) report.finish();
  return done;
}

}  // namespace

std::string in_snake_case(std::string_view name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool next_is_lower = i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z';
    if (i > 0 && is_upper(name[i]) && (!is_upper(name[i - 1]) || next_is_lower)) snake += '_';
    snake += is_upper(name[i]) ? static_cast<char>(name[i] + 32) : name[i];
  }
  return snake;
}

std::string unknown_method(const std::string& method) {
  return "drift method " + in_quotes(method) + " is not known: give --p-value or --distance " +
         in_quotes(method);
}

DocumentFormat evidently_format(const ImportChoices& choices) {
  return [&choices](const Json& document, ImportSink& sink) { return read_evidently(document, choices, sink); };
}

}  // namespace mlmon
