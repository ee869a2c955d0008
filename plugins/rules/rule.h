#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "plugins/rules/metric.h"
#include "plugins/rules/standing.h"
#include "plugins/rules/window.h"
#include "plugins/transport/globs.h"

namespace mlmon::rules {

/// A limit that is made of the first figures of a deployment: their mean, and what may be lost or
/// gained of it.
struct Baseline {
  double change = 0.05;   // absolute, or of the mean
  bool relative = false;  // "10%": 0.1
  std::uint32_t figures = 20;
};

/// A limit on one figure, for the models whose names match.
struct Rule {
  std::string name;  // "low_f1": in actions, and part of their ids
  Metric metric;
  bool above = false;  // the side of the limit on which a figure breaches; false: below
  double limit = 0;    // without a baseline
  std::optional<Baseline> baseline;
  std::optional<double> clear;
  Window window;
  transport::Globs models;

  /// The limit for a model; NaN while its baseline is still being made.
  double limit_for(const Standing& standing) const {
    return baseline ? limit_from(standing) : limit;
  }

  /// A figure on the limit breaches nothing, and so does every one where there is no limit yet.
  bool breaches(double figure, double with_limit) const {
    return above ? figure > with_limit : figure < with_limit;
  }

  /// Back at `clear`, of a rule that has it.
  bool clears(double figure) const { return above ? figure <= *clear : figure >= *clear; }

 private:
  double limit_from(const Standing& standing) const;
};

}  // namespace mlmon::rules
