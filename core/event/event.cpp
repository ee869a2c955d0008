#include "core/event/event.h"

#include "core/text/json_text.h"

namespace mlmon {

void append_labels_member(std::string& json, const Event& event) {
  if (event.labels.empty()) return;
  json += ",\"labels\":{";
  for (const auto& [name, value] : event.labels) {
    if (json.back() != '{') json += ',';
    append_json_string(json, name);
    json += ':';
    append_json_string(json, value);
  }
  json += '}';
}

std::string_view to_string(BadReason reason) {
  switch (reason) {
    case BadReason::kLineTooLong: return "line_too_long";
    case BadReason::kInvalidUtf8: return "invalid_utf8";
    case BadReason::kInvalidJson: return "invalid_json";
    case BadReason::kNotAnObject: return "not_an_object";
    case BadReason::kUnknownType: return "unknown_type";
    case BadReason::kMissingField: return "missing_field";
    case BadReason::kDuplicateField: return "duplicate_field";
    case BadReason::kWrongType: return "wrong_type";
    case BadReason::kOutOfRange: return "out_of_range";
    case BadReason::kInvalidVersion: return "invalid_version";
    case BadReason::kInvalidTime: return "invalid_time";
    case BadReason::kFutureTime: return "future_time";
    case BadReason::kTruncated: return "truncated";
  }
  return "";
}

}  // namespace mlmon
