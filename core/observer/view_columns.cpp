#include "core/observer/view_columns.h"

#include <algorithm>

#include "core/plugin/plugin_call.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kNoRow = 0;

mlmon_batch all_columns(const BatchView& view) {
  const Batch& batch = *view.batch;
  const std::uint32_t at = view.first;
  mlmon_batch out{};
  out.size = sizeof out;
  out.flags = (view.dropped_before > 0 ? MLMON_BATCH_GAP : 0) |
              (batch.derived ? MLMON_BATCH_DERIVED : 0);
  out.first_seq = batch.seq_of(at) / Batch::kSeqStep;  // what the host makes has that of the event before
  out.dropped = view.dropped_before;
  out.rows = view.rows;
  out.count = view.rows;
  out.time_ns = batch.time_ns.data() + at;
  out.model = batch.model.data() + at;
  out.kind = batch.kind.data() + at;
  out.accuracy = batch.accuracy.data() + at;
  out.precision = batch.precision.data() + at;
  out.recall = batch.recall.data() + at;
  out.f1 = batch.f1.data() + at;
  out.p_value = batch.p_value.data() + at;
  out.magnitude = batch.magnitude.data() + at;
  out.samples = batch.samples.data() + at;
  out.line = batch.line.data() + at;
  out.offset = batch.offset.data() + at;
  out.raw_off = batch.raw_off.data() + at;
  out.raw_len = batch.raw_len.data() + at;
  out.raw = batch.block.text().data();
  return out;
}

}  // namespace

mlmon_batch columns_of(const BatchView& view, Subscription& subscription,
                       std::vector<std::uint32_t>& selected) {
  mlmon_batch batch = all_columns(view);
  if (!subscription.everything()) {
    subscription.select(*view.batch, view.first, view.rows, selected);
    batch.count = static_cast<std::uint32_t>(selected.size());
    batch.sel = selected.empty() ? &kNoRow : selected.data();  // NULL would mean all rows
  }
  return batch;
}

std::string place_of(const BatchView& view) {
  const Batch& batch = *view.batch;
  const std::uint32_t last = view.first + std::max(view.rows, 1u) - 1;
  return place_of_lines(*batch.source, batch.line[view.first], batch.line[last]);
}

}  // namespace mlmon
