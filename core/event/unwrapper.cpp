#include "core/event/unwrapper.h"

#include <algorithm>

namespace mlmon {
namespace {

std::vector<Projection> projections_of(const std::vector<std::string>& pointers) {
  std::vector<Projection> projections;
  for (const std::string& pointer : pointers) {
    projections.push_back({pointer, Projection::Type::kJson, ""});
  }
  return projections;
}

}  // namespace

Unwrapper::Unwrapper(const std::vector<std::string>& pointers, bool nan_is_null)
    : off_(pointers.empty()),
      tape_(nan_is_null),
      projector_(projections_of(pointers),
                 std::vector<std::uint32_t>(pointers.size(), Projector::kEveryKind)) {}

std::string_view Unwrapper::inside(std::string_view line) { return off_ ? line : look_inside(line); }

std::string_view Unwrapper::look_inside(std::string_view line) {
  if (!tape_.read(line) || tape_.type() != JsonType::kObject) return line;
  found_.clear();
  projector_.append(tape_.value(), Projector::kEveryKind, found_);
  for (const ProjectedColumn& column : found_.columns) {
    if (column.text_off[0] == kAbsentText) continue;
    const std::string_view value =
        std::string_view(found_.text).substr(column.text_off[0], column.text_len[0]);
    if (value.starts_with('{')) return value;
    if (!value.starts_with('"')) continue;
    text_.begin(value.size());
    const std::string_view text = text_.add(value.substr(1, value.size() - 2));
    return text.substr(std::min(text.find_first_not_of('\0'), text.size()));
  }
  return line;
}

}  // namespace mlmon
