#include "core/event/event.h"

namespace mlmon {

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
    case BadReason::kTruncated: return "truncated";
  }
  return "";
}

}  // namespace mlmon
