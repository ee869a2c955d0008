#include "core/event/complaint.h"

#include <utility>

#include "core/text/json_text.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

constexpr std::size_t kShown = 60;  // bytes of a value or name of others

void append_shown(std::string& out, std::string_view text) {
  if (text.size() <= kShown) return append_visible(out, text);
  append_visible(out, utf8_prefix(text, kShown - 3));
  out += "...";
}

}  // namespace

void Complaint::begin() {
  any_ = false;
  missing_counts_ = true;
  depth_ = 0;
}

void Complaint::line(BadReason reason, std::string detail) {
  if (!keeps(reason)) return;
  any_ = true;
  reason_ = reason;
  detail_ = std::move(detail);
}

void Complaint::missing(std::string_view name, std::string_view why) {
  if (!missing_counts_ || !keeps(BadReason::kMissingField)) return;
  keep(BadReason::kMissingField, name, why);
}

void Complaint::duplicate(std::string_view name) {
  if (!keeps(BadReason::kDuplicateField)) return;
  keep(BadReason::kDuplicateField, name, "expected once in its object, got it twice");
}

void Complaint::unexpected(BadReason reason, std::string_view name, std::string_view expected,
                           const JsonMember& found, std::string_view hint) {
  if (!keeps(reason)) return;
  std::string what = "expected ";
  what.append(expected).append(", got ").append(describe(found.type, found.value)).append(hint);
  keep(reason, name, what);
}

void Complaint::keep(BadReason reason, std::string_view name, std::string_view what) {
  std::string detail;
  for (std::size_t i = 0; i < depth_; ++i) {
    append_shown(detail, path_[i]);
    detail += '.';
  }
  append_shown(detail, name);
  detail.append(": ").append(what);
  line(reason, std::move(detail));
}

std::string describe(JsonType type, std::string_view value) {
  if (type == JsonType::kObject) return "an object";
  if (type == JsonType::kArray) return "an array";
  std::string shown;
  append_shown(shown, value);
  return shown;
}

}  // namespace mlmon
