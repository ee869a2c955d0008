#pragma once

#include <mlmon/observer.hpp>
#include <string>

#include "plugins/rules/metric.h"

namespace mlmon::rules {

/// A limit on one figure.
struct Rule {
  std::string name;  // "low_f1": in actions, and part of their ids
  Metric metric;
  double below;

  /// An absent figure (NaN) breaches nothing; a figure on the limit does not either.
  bool breaches(double figure) const { return figure < below; }
};

/// What a rule says about an event that carries its figure. Valid inside of on_batch.
struct Finding {
  const Rule& rule;
  std::size_t index;  // of the rule in its set
  Event event;
  double figure;
  bool breach;
};

/// "f1 0.71 is below 0.75", of a breach.
std::string reason(const Finding& finding);

/// Adds the members that tell the figures: metric and value, or p_value and magnitude; and
/// threshold.
void add_figures(const Finding& finding, Fields& fields);

}  // namespace mlmon::rules
