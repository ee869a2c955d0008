#include <nlohmann/json.hpp>
#include <string>

#include "core/import/document.h"

// statistics.json of SageMaker Model Monitor's model quality jobs:
// https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-statistics.html

namespace mlmon {
namespace {

using Json = ImportJson;

constexpr const char* kKinds[] = {"binary_classification_metrics", "multiclass_classification_metrics",
                                  "regression_metrics"};

void add(const Json& figures, ImportSink& sink, Observation& observation) {
  for (const auto& [name, figure] : figures.items()) {
    if (!figure.is_object() || !figure.contains("value")) continue;  // curves and matrices
    if (const auto value = figure_of(figure["value"], name, sink)) {
      observation.metrics.push_back({metric_path(name), *value});
    }
  }
}

Result<void> read_sagemaker(const Json& document, ImportSink& sink) {
  Observation observation;
  bool found = false;
  for (const char* kind : kKinds) {
    const Json& figures = member_of(document, kind);
    if (!figures.is_object()) continue;
    found = true;
    add(figures, sink, observation);
  }
  if (!found) {
    return Error{"expected statistics of a model quality job: an object with "
                 "binary_classification_metrics, multiclass_classification_metrics or "
                 "regression_metrics, got " + kind_of(document)};
  }
  const Json& dataset = member_of(document, "dataset");
  const Json& count = member_of(dataset, "item_count");
  if (count.is_number_integer()) observation.samples = count.get<std::int64_t>();
  observation.time = text_of(member_of(dataset, "end_time"));
  if (observation.time.empty()) observation.time = text_of(member_of(dataset, "evaluation_time"));
  sink.observe(observation);
  return {};
}

}  // namespace

DocumentFormat sagemaker_format() { return read_sagemaker; }

}  // namespace mlmon
