#include "core/run/late_events.h"

#include <algorithm>
#include <utility>

#include "core/by_handle.h"

namespace mlmon {
namespace {

constexpr std::int64_t kNever = INT64_MIN;

}  // namespace

std::uint64_t LateEvents::take_out(Batch& batch) {
  std::uint64_t late = 0;
  kept_.clear();
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    std::int64_t& newest = newest_of(batch.model[row], batch.kind[row]);
    const bool is_late = batch.time_ns[row] < newest;
    newest = std::max(newest, batch.time_ns[row]);
    late += is_late ? 1 : 0;
    if (skip_ && (!is_late || batch.kind[row] == kJob)) kept_.push_back(row);
  }
  if (skip_ && kept_.size() < batch.rows()) batch.keep_rows(kept_);
  return late;
}

void LateEvents::know(std::uint32_t model, std::int64_t metrics_ns, std::int64_t drift_ns) {
  for (const auto& [kind, time_ns] : {std::pair(kMetrics, metrics_ns), std::pair(kDrift, drift_ns)}) {
    std::int64_t& newest = newest_of(model, kind);
    newest = std::max(newest, time_ns);
  }
}

std::int64_t& LateEvents::newest_of(std::uint32_t model, std::uint32_t kind) {
  if (kind != kMetrics && kind != kDrift) {
    const std::uint64_t key = std::uint64_t{model} << 32 | kind;
    return newest_other_.try_emplace(key, kNever).first->second;
  }
  return by_handle(newest_, model, {kNever, kNever})[kind == kMetrics ? 0 : 1];
}

}  // namespace mlmon
