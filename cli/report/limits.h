#pragma once

#include <string>
#include <vector>

#include "core/run/assembly.h"
#include "core/text/glob.h"

namespace mlmon {

/// A limit of a rule, as configured.
struct Limit {
  std::string figure;  // "f1"
  double value = 0;
  std::string label;  // "alert: below 0.6"
  GlobList observer_models, rule_models;

  bool applies_to(std::string_view model) const {
    return observer_models.matches(model) && rule_models.matches(model);
  }
};

/// Those of all observers whose configuration has keys as the shipped plugins have them: min_X, max_X, and
/// `rules` with `metric` and `below` or `above`.
std::vector<Limit> limits_of(const Assembly& assembly);

}  // namespace mlmon
