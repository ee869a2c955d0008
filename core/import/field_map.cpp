#include "core/import/field_map.h"

#include "core/event/event.h"

namespace mlmon {
namespace {

std::string Observation::*text_member_for(Field field) {
  switch (field) {
    case Field::kName: return &Observation::name;
    case Field::kVersion: return &Observation::version;
    case Field::kDeployedAt: return &Observation::deployed_at;
    case Field::kCapturedAt: return &Observation::captured_at;
    case Field::kDetectedAt: return &Observation::detected_at;
    case Field::kId: return &Observation::id;
    case Field::kFeature: return &Observation::feature;
    default: return nullptr;
  }
}

}  // namespace

Result<ImportField> parse_import_field(std::string_view name) {
  using Kind = ImportField::Kind;
  if (name == "at") return ImportField{Kind::kText, {}, &Observation::time};
  auto path = parse_member_path(name, kMetrics);
  bool drift = false;
  if (!path) {
    auto of_drift = parse_member_path(name, kDrift);
    if (!of_drift) return path.error();
    path = std::move(of_drift);
    drift = true;
  }
  if (path->field == Field::kSamples) return ImportField{Kind::kSamples, *path, nullptr};
  if (path->field == Field::kLabels) return ImportField{Kind::kLabel, *path, nullptr};
  if (const auto text = text_member_for(path->field)) return ImportField{Kind::kText, *path, text};
  return ImportField{drift ? Kind::kDriftFigure : Kind::kMetricsFigure, *path, nullptr};
}

void put_text(Observation& observation, const ImportField& field, std::string_view text) {
  if (field.kind == ImportField::Kind::kText) {
    observation.*field.text = text;
  } else if (field.kind == ImportField::Kind::kLabel && !text.empty()) {
    observation.labels.emplace_back(field.path.key, text);
  }
}

}  // namespace mlmon
