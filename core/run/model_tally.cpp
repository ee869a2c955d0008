#include "core/run/model_tally.h"

#include <algorithm>
#include <cmath>

#include "core/by_handle.h"

namespace mlmon {

void ModelTally::add(const Batch& batch) {
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    const std::uint32_t model = batch.model[row];
    ModelCount& count = by_handle(counts_, model);
    const std::uint32_t kind = batch.kind[row];
    if (kind == kJob) continue;
    count.metrics_events += kind == kMetrics;
    count.drift_events += kind == kDrift;
    count.last_event_ns = std::max(count.last_event_ns, batch.time_ns[row]);
    const double f1 = batch.f1[row];
    if (std::isnan(f1)) continue;
    count.f1_last = f1;
    if (!(count.f1_min <= f1)) count.f1_min = f1;
  }
}

}  // namespace mlmon
