#pragma once

#include <mlmon/batch.hpp>
#include <mlmon/setup.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace mlmon::rules {

/// What many tests of one window do to a p-value.
enum class Correction {
  none,
  bonferroni,
  bh,  // Benjamini and Hochberg 1995
};

Correction correction_named(std::string_view name);

/// The smallest of the p-values as adjusted for all of them, at most 1. There is at least one.
double smallest_adjusted(std::vector<double> p_values, Correction correction);

/// The p-values of events, each the smallest adjusted one of its `features` where it has any.
class AdjustedPValues {
 public:
  AdjustedPValues(Correction correction, const Setup& setup);

  /// The column for a batch; valid until the next.
  const double* column(const mlmon_batch& batch);

 private:
  const Correction correction_;
  const TextField features_;
  std::vector<double> column_;
};

}  // namespace mlmon::rules
