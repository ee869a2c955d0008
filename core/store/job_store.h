#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint.h"

namespace mlmon {

/// The end of a job that no observer was told yet.
struct UntoldEnd {
  JobEnd end;
  std::uint32_t model = 0;     // handle
  std::int64_t partition = 0;  // the row of the one whose owner is to tell it; 0: there is none
};

/// Ends of jobs, as a run sees them; people and trainers have a JobQueue. Thread-safe, likewise.
class JobStore {
 public:
  virtual ~JobStore() = default;

  /// Jobs that have ended and whose end no observer was told yet; of a state that runs share those of this run's
  /// partitions.
  virtual Result<std::vector<UntoldEnd>> untold_ends(ModelTable& models) = 0;

  /// Somebody else has changed the store since the last call.
  virtual Result<bool> changed() = 0;

  /// The request of this id is known, and may have ended.
  virtual Result<bool> was_requested(std::string_view job) = 0;

  /// The job of this id has ended; `in_replay`: and nothing is still to tell of it, neither the registry
  /// nor the journal. May say no for an end that untold_ends() has not given yet: it comes as an
  /// event.
  virtual Result<bool> has_ended(std::string_view job, bool in_replay) = 0;

  /// The journal, in order.
  virtual Result<std::vector<JournalEntry>> journal() = 0;

  /// How far a source had been read when the journal's entries were told, ascending: what holds for an entry
  /// is the first whose `entry` is not before it.
  virtual Result<std::vector<ToldPlace>> told_places(std::int64_t source_row) = 0;
};

}  // namespace mlmon
