#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "core/event/batch.h"

namespace mlmon {

/// What a run saw of one model.
struct ModelCount {
  std::uint64_t metrics_events = 0, drift_events = 0;
  std::int64_t last_event_ns = std::numeric_limits<std::int64_t>::min();  // newest; job events left out
  double f1_last = kAbsent, f1_min = kAbsent;

  bool seen() const { return metrics_events + drift_events > 0; }
};

/// Counts events by model, in the order of the input.
class ModelTally {
 public:
  void add(const Batch& batch);

  /// By handle; entry 0 and those of models that only other events named stay empty.
  const std::vector<ModelCount>& counts() const { return counts_; }

 private:
  std::vector<ModelCount> counts_;
};

}  // namespace mlmon
