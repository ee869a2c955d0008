#pragma once

#include <string>
#include <string_view>

#include "core/import/format.h"

namespace mlmon {

/// Reports of Evidently before 0.7: `json()` of a Report or a TestSuite.
bool is_legacy_evidently(const ImportJson& document);
Result<void> read_legacy_evidently(const ImportJson& document, const ImportChoices& choices,
                                   ImportSink& sink);

// What both forms share.

/// "RocAuc" as "roc_auc", "F1ByLabel" as "f1_by_label", "MAE" as "mae".
std::string in_snake_case(std::string_view name);

/// What a flag must say of a drift method that is not known.
std::string unknown_method(const std::string& method);

}  // namespace mlmon
