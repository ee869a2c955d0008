#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event/batch.h"
#include "core/event/models.h"
#include "core/run/host_events.h"
#include "core/store/checkpoint.h"
#include "core/store/store.h"

namespace mlmon {

/// Carries the ends of jobs between the registry and the observers, as events of type `job`: those that
/// people and trainers closed, those that the journal has recorded (when a file is read again), and those
/// that stand in the input itself. Belongs to the pipeline's thread.
class JobFeedback {
 public:
  JobFeedback(Store& store, ModelTable& models, const EventRules& rules);

  /// `seq`: of the event that comes next, here and below.
  ///
  /// Ends that no observer was told yet, as a batch to be handed out now; null: there are none. Their
  /// journal entries, without a place, are added to `journal`.
  Result<std::shared_ptr<const Batch>> untold(std::uint64_t seq, std::vector<JournalEntry>& journal);

  /// A batch of events that the journal holds.
  std::shared_ptr<const Batch> again(std::uint64_t seq, const std::vector<JournalEntry>& entries);

  /// The ends that job events of the input tell, in rows [first, end).
  static std::vector<JobEnd> reported(const Batch& batch, std::uint32_t first, std::uint32_t end);

 private:
  Store& store_;
  ModelTable& models_;
  HostEvents events_;
  std::shared_ptr<const std::string> source_;
  std::set<std::pair<std::string, std::int64_t>> told_;  // jobs and when they ended, in this run
};

}  // namespace mlmon
