#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/event/batch.h"

namespace mlmon {

/// Tells which events are late: older than the newest of their model and type that came before them in the
/// input. Belongs to the pipeline's thread.
class LateEvents {
 public:
  /// `skip`: late events leave their batch, so that nobody sees them; but for ends of jobs, which name their job and
  /// come in any order.
  explicit LateEvents(bool skip) : skip_(skip) {}

  /// The batch comes next in the input; how many of its events are late.
  std::uint64_t take_out(Batch& batch);

  /// Nothing came before.
  void forget() { newest_.clear(), newest_other_.clear(); }

  /// The newest events of a model that earlier runs saw.
  void know(std::uint32_t model, std::int64_t metrics_ns, std::int64_t drift_ns);

 private:
  std::int64_t& newest_of(std::uint32_t model, std::uint32_t kind);

  const bool skip_;
  std::vector<std::array<std::int64_t, 2>> newest_;               // by model: of metrics, of drift
  std::unordered_map<std::uint64_t, std::int64_t> newest_other_;  // by model and kind
  std::vector<std::uint32_t> kept_;                               // rows
};

}  // namespace mlmon
