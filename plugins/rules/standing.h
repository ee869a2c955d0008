#pragma once

#include <cstdint>

#include "plugins/rules/span.h"

namespace mlmon::rules {

/// How a rule stands for a model.
struct Standing {
  std::int64_t changed_ns = kNever;  // the time of the event at which it last started or stopped to hold
  std::uint64_t window = 0;          // see Window
  bool holds = false;
  bool watched = false;        // the observer wants all of its findings
  std::uint32_t figures = 0;  // in the baseline
  double sum = 0, lost = 0;   // of these; what rounding took from it (Neumaier 1974)

  bool operator==(const Standing& other) const {
    return changed_ns == other.changed_ns && window == other.window && holds == other.holds &&
           watched == other.watched && figures == other.figures && sum == other.sum &&
           lost == other.lost;
  }

  double mean() const { return (sum + lost) / figures; }
};

}  // namespace mlmon::rules
