#include "core/import/evidently_legacy.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/import/document.h"
#include "core/import/drift_method.h"

// legacy/suite/base_suite.py of Evidently; until 0.6 the only form.

namespace mlmon {
namespace {

using Json = ImportJson;

class LegacyReport {
 public:
  LegacyReport(const ImportChoices& choices, ImportSink& sink) : choices_(choices), sink_(sink) {}

  Result<void> read(const Json& document);

 private:
  void read_metric(const std::string& type, const Json& result);
  void read_quality(const Json& current);
  void read_by_class(const Json& classes);
  void read_dataset(const Json& result);
  void read_column(const Json& column);
  void count_tests(const Json& tests);
  void add(const std::string& name, const Json& value);
  void finish();

  const ImportChoices& choices_;
  ImportSink& sink_;
  Observation observation_;
  std::set<std::string> named_, drifted_, unknown_;
};

Result<void> LegacyReport::read(const Json& document) {
  std::size_t index = 0;
  for (const Json& metric : member_of(document, "metrics")) {
    const std::string type = text_of(member_of(metric, "metric"));
    const Json& result = member_of(metric, "result");
    if (type.empty() || !result.is_object()) {
      return Error{"metrics/" + std::to_string(index) +
                   ": expected an object with metric and result, got " + kind_of(metric)};
    }
    read_metric(type, result);
    ++index;
  }
  count_tests(member_of(document, "tests"));
  observation_.time = text_of(member_of(document, "timestamp"));
  finish();
  return {};
}

void LegacyReport::read_metric(const std::string& type, const Json& result) {
  const Json& current = member_of(result, "current");
  if (type == "DatasetDriftMetric" || type == "DataDriftTable") return read_dataset(result);
  if (type == "ColumnDriftMetric") return read_column(result);
  if (type == "ClassificationQualityByClass") return read_by_class(member_of(current, "metrics"));
  if (type == "ClassificationQualityMetric" || type == "RegressionQualityMetric") {
    return read_quality(current);
  }
  if (!current.is_object()) return;
  for (const auto& [key, value] : current.items()) {
    if (is_number(value)) add(in_snake_case(type) + "." + key, value);
  }
}

void LegacyReport::read_quality(const Json& current) {
  if (!current.is_object()) return;
  for (const auto& [key, value] : current.items()) {
    if (is_number(value) || value.is_null()) add(key, value);
  }
}

void LegacyReport::read_by_class(const Json& classes) {
  if (!classes.is_object()) return;
  for (const auto& [label, figures] : classes.items()) {
    if (!figures.is_object()) continue;
    for (const auto& [key, value] : figures.items()) {
      if (is_number(value)) add(key + "_by_label." + label, value);
    }
  }
}

void LegacyReport::read_dataset(const Json& result) {
  const auto add_once = [&](const char* name, const char* member) {
    if (result.contains(member) && !named_.contains(name)) add(name, result[member]);
  };
  add_once("drifted_columns", "number_of_drifted_columns");
  add_once("drifted_share", "share_of_drifted_columns");
  const Json& columns = member_of(result, "drift_by_columns");
  if (!columns.is_object()) return;
  for (const auto& [name, column] : columns.items()) read_column(column);
}

void LegacyReport::read_column(const Json& column) {
  const std::string name = text_of(member_of(column, "column_name"));
  const std::string method = text_of(member_of(column, "stattest_name"));
  const auto field = drift_method_of(method, choices_);
  if (!field) {
    unknown_.insert(method);
    return;
  }
  const std::string key = drifted_.contains(name) ? name + "." + method : name;
  if (!drifted_.insert(key).second) return;
  if (const auto score = figure_of(member_of(column, "drift_score"), name, sink_)) {
    observation_.drift.push_back({feature_path(key, *field), *score});
  }
}

void LegacyReport::count_tests(const Json& tests) {
  if (!tests.is_array() || tests.empty()) return;
  const auto failed = std::count_if(tests.begin(), tests.end(), [](const Json& test) {
    return text_of(member_of(test, "status")) == "FAIL";
  });
  observation_.metrics.push_back({metric_path("tests_failed"), static_cast<double>(failed)});
}

void LegacyReport::add(const std::string& name, const Json& value) {
  if (!named_.insert(name).second) return;
  if (const auto figure = figure_of(value, name, sink_)) {
    observation_.metrics.push_back({metric_path(name), *figure});
  }
}

void LegacyReport::finish() {
  for (const std::string& method : unknown_) sink_.needs(unknown_method(method));
  sink_.observe(observation_);
}

}  // namespace

bool is_legacy_evidently(const ImportJson& document) {
  const Json& metrics = member_of(document, "metrics");
  if (metrics.is_array() && !metrics.empty()) return metrics[0].is_object() && metrics[0].contains("metric");
  return member_of(document, "tests").is_array() && member_of(document, "summary").is_object();
}

Result<void> read_legacy_evidently(const ImportJson& document, const ImportChoices& choices,
                                   ImportSink& sink) {
  return LegacyReport(choices, sink).read(document);
}

}  // namespace mlmon
