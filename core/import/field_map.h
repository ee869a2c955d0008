#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/import/format.h"

namespace mlmon {

/// A field of an observation, found by one of our names: `f1`, `version`, `labels.team`, `metrics.auc`,
/// `features.age.p_value`, `at` (of either event).
struct ImportField {
  enum class Kind { kMetricsFigure, kDriftFigure, kText, kSamples, kLabel };

  Kind kind;
  MemberPath path;
  std::string Observation::*text = nullptr;  // of kText
};

/// The error names the fields that there are.
Result<ImportField> parse_import_field(std::string_view name);

/// Puts the value of a field into an observation.
void put_text(Observation& observation, const ImportField& field, std::string_view text);

}  // namespace mlmon
