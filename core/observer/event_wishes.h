#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/event/event_parser.h"
#include "core/event/event_types.h"

namespace mlmon {

/// What the observers of a run want of events beyond what all of them have: types of their own, and
/// further members as columns. Collected while the observers start, one after the other; then the rules
/// are complete, and reading may begin.
class EventWishes {
 public:
  /// `input`: what the configuration says about lines.
  explicit EventWishes(EventRules input = {}) : input_(std::move(input)) {}

  EventTypes& types() { return types_; }
  const EventTypes& types() const { return types_; }

  /// The number of its column in every batch.
  std::uint32_t column_for(const Projection& projection);

  EventRules rules() const;

 private:
  EventRules input_;
  EventTypes types_;
  std::vector<Projection> projections_;
};

}  // namespace mlmon
