#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/event/event_fields.h"
#include "core/import/format.h"

namespace mlmon {

/// What the value of a drift method of Evidently is: Field::kPValue or Field::kMagnitude, by the method's
/// name as its reports have it (of 0.4 to 0.7: keys and names for people) or as was chosen. Nothing: an
/// unknown method.
/// https://github.com/evidentlyai/evidently, legacy/calculations/stattests
std::optional<Field> drift_method_of(std::string_view method, const ImportChoices& choices);

}  // namespace mlmon
