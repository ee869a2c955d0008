#include "core/observer/event_wishes.h"

#include <algorithm>

namespace mlmon {

std::uint32_t EventWishes::column_for(const Projection& projection) {
  const auto known = std::find(projections_.begin(), projections_.end(), projection);
  const auto column = static_cast<std::uint32_t>(known - projections_.begin());
  if (known == projections_.end()) projections_.push_back(projection);
  return column;
}

EventRules EventWishes::rules() const {
  EventRules rules = input_;
  rules.foreign_types = types_.foreign();
  rules.projections = projections_;
  return rules;
}

}  // namespace mlmon
