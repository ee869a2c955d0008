#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/action/decision.h"
#include "core/action/output.h"
#include "core/run/coverage.h"
#include "core/run/deliveries.h"
#include "core/run/pipeline_observer.h"
#include "core/run/receipt.h"
#include "core/store/committer.h"
#include "core/store/store.h"

namespace mlmon {

/// What a CheckpointWriter works with. All of it outlives the writer.
struct CheckpointParts {
  std::vector<PipelineObserver>& observers;
  const ModelTable& models;
  Store& store;
  Output& output;
  Coverage& coverage;
  Deliveries& deliveries;
  const Clock& clock;
};

/// Makes durable what came of the events before a barrier: takes the decisions out of the observers, asks
/// who gets each, commits all of it in one transaction, then writes the new actions to the output and tells
/// the endpoints. Counts the actions.
///
/// The transaction runs on a thread of its own, and the observers decide on meanwhile. All else belongs to
/// the pipeline's thread.
class CheckpointWriter {
 public:
  /// `deliver`: false for --dry-run. `durable`: the store outlives the run, or is a copy of one that does.
  /// `wake` is called from the other thread when a transaction is over.
  CheckpointWriter(CheckpointParts parts, bool deliver, bool durable, std::function<void()> wake);

  /// Which of the alerts from here on are told.
  void set_backlog(Backlog backlog) { backlog_ = backlog; }

  /// Writes what an earlier run has committed and may not have written. Before the first checkpoint.
  Result<void> write_due();

  /// Begins a checkpoint: the coverage is sealed, and the barrier has come out of every queue. REQUIRES:
  /// !busy().
  void begin();

  /// A checkpoint was begun and not finished.
  bool busy() const { return committer_.busy(); }

  /// Its transaction is over: finish() need not wait for it. REQUIRES: busy().
  bool committed() { return committer_.over(); }

  /// Waits for the transaction and finishes the checkpoint. REQUIRES: busy().
  Result<void> finish();

  /// Tells the store how far the output is, where no checkpoint will.
  Result<void> note_written();

  /// What became of the actions in the end; nothing: the store could not say.
  void settle(const std::optional<OutboxTotals>& totals);

  const ActionCounts& actions() const { return actions_; }

  /// Actions of an observer that were committed.
  std::uint64_t actions_of(std::size_t observer) const { return actions_of_[observer]; }

 private:
  /// A checkpoint on its way into the store, which holds views of the decisions.
  struct InStore {
    std::vector<Decision> decisions;  // in the order of the events
    std::vector<std::size_t> owners;  // the observer of each
    std::vector<bool> routed;         // of each that is an action; false: its router failed
    Checkpoint checkpoint;
  };

  void collect();
  void route();
  Result<void> write(const Committed& committed);
  void count_new(const Decision& decision);

  CheckpointParts parts_;
  const bool deliver_;
  const bool durable_;
  Backlog backlog_ = Backlog::kAll;
  InStore in_store_;
  std::vector<std::optional<StopPlace>> stopped_at_;  // by observer, at the barrier
  std::int64_t written_ = 0;                          // the last action that the output has

  ActionCounts actions_;
  std::vector<std::uint64_t> actions_of_;  // by observer
  std::uint64_t unrouted_ = 0;             // new actions whose router failed
  std::uint64_t unwritten_ = 0;            // new actions that nobody gets and that could not be written

  Committer committer_;  // goes first: it works on in_store_
};

}  // namespace mlmon
