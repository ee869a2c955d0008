#pragma once

#include <mlmon/batch.h>

namespace mlmon::rules {

/// A figure that rules can look at. Rules on drift metrics are drift rules, all others metric
/// rules.
struct Metric {
  const char* name;  // as in events and actions
  const double* mlmon_batch::*column;
  bool drift;
};

inline constexpr Metric kF1 = {"f1", &mlmon_batch::f1, false};
inline constexpr Metric kPValue = {"p_value", &mlmon_batch::p_value, true};

}  // namespace mlmon::rules
