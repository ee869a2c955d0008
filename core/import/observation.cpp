#include "core/import/observation.h"

namespace mlmon {

void Observation::clear() {
  for (std::string* text : {&where, &name, &version, &deployed_at, &time, &captured_at, &detected_at,
                            &id, &feature}) {
    text->clear();
  }
  samples.reset();
  labels.clear();
  metrics.clear();
  drift.clear();
}

MemberPath metric_path(std::string_view name) {
  for (const Field field : {Field::kAccuracy, Field::kPrecision, Field::kRecall, Field::kF1}) {
    if (name == name_of(field)) return {field, {}, Field::kUnknown};
  }
  return {Field::kFigures, std::string(name), Field::kUnknown};
}

MemberPath drift_path(Field field) { return {field, {}, Field::kUnknown}; }

MemberPath feature_path(std::string_view feature, Field field) {
  return {Field::kFeatures, std::string(feature), field};
}

}  // namespace mlmon
