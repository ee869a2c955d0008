#pragma once

#include <mlmon/observer.hpp>
#include <optional>
#include <string>

#include "plugins/rules/rule.h"

namespace mlmon::rules {

/// What a rule says about an event that carries its figure. Valid inside of on_batch.
struct Finding {
  enum class Weight {
    full,         // it entered the window
    late,         // older than the last change of the rule
    few_samples,  // stands on too few predictions
  };

  const Rule& rule;
  std::size_t index;  // of the rule
  Event event;
  double figure;
  double limit;  // NaN: there is none yet
  std::optional<double> baseline;
  Weight weight;
  bool breach;
  bool holds;    // the rule does, after this event
  bool changed;  // it started or stopped to, at this event
};

/// deployed_at + length, as near as 64 bits of nanoseconds come to it.
std::int64_t deployed_and(const Model& model, std::int64_t length_ns);

/// "f1 0.71 is below 0.75", of a breach.
std::string reason(const Finding& finding);

/// Adds the members that tell the figures: metric and value, or p_value and magnitude; threshold,
/// and baseline where there is one.
void add_figures(const Finding& finding, Fields& fields);

}  // namespace mlmon::rules
