#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/action/decision.h"
#include "core/action/output.h"
#include "core/run/deliveries.h"
#include "core/run/pipeline_observer.h"
#include "core/run/receipt.h"
#include "core/run/source.h"
#include "core/run/succession.h"
#include "core/store/store.h"

namespace mlmon {

/// What observers decided, on its way into a checkpoint and, once that is durable, to the output and the
/// endpoints. Counts the actions. Belongs to the pipeline's thread.
class CheckpointWriter {
 public:
  /// `sources`: of the run. `deliver`: false for --dry-run. `durable`: the store outlives the run, or is a copy of one that does.
  /// All else outlives it.
  CheckpointWriter(std::vector<PipelineObserver>& observers, const std::vector<Source>& sources,
                   const ModelTable& models, Store& store, Output& output, Deliveries& deliveries, bool deliver,
                   bool durable);

  /// The last action that the output has.
  std::int64_t written() const { return written_; }

  /// What was decided and is not committed was never there.
  void drop() { decided_ = {}; }

  /// An observer has ended before the run: what it counted at its end goes into the next checkpoint.
  void take_leave(std::size_t observer);

  /// Other observers have taken over. REQUIRES: no checkpoint is under way.
  void succeed(const Succession& succession);

  /// Which of the alerts from here on are told.
  void set_backlog(Backlog backlog) { backlog_ = backlog; }

  /// Writes what an earlier run has committed and may not have written. Before the first checkpoint.
  Result<void> write_due();

  /// The same of another run that shares the state. REQUIRES: no checkpoint is under way.
  Result<void> write_due(const std::vector<DueLine>& due);

  /// Takes out of the observers what they said before a barrier that has come out of every queue, and asks
  /// who gets each action. The checkpoint has views of it: it goes to write() before the next is collected.
  /// Gives where each observer was stopped by then.
  std::vector<std::optional<StopPlace>> collect_into(Checkpoint& checkpoint);

  /// Which ends that the input told stand before which of the actions that were collected.
  void place(std::vector<ReportedEnd>& ends) const;

  /// The checkpoint is durable: what is new goes to the output and the endpoints.
  Result<void> write(const Checkpoint& checkpoint, const Committed& committed);

  /// Tells the store how far the output is, where no checkpoint will. `ended`: the observers have, and what
  /// they counted at their end is noted too.
  Result<void> note_written(bool ended);

  /// What became of the actions in the end; nothing: the store could not say.
  void settle(const std::optional<OutboxTotals>& totals);

  const ActionCounts& actions() const { return actions_; }

  /// What plugins say of their counters, by name.
  const std::map<std::string, std::string>& counter_helps() const { return counter_helps_; }

  /// Actions of an observer that were committed.
  std::uint64_t actions_of(std::size_t observer) const { return actions_of_[observer]; }

 private:
  /// What was decided before the barrier, in the order of the events.
  struct Decided {
    std::vector<Decision> decisions;
    std::vector<std::size_t> owners;  // the observer of each
    std::vector<bool> routed;         // of each that is an action; false: its router failed
  };

  std::int64_t partition_of(std::size_t observer) const;
  void take(std::vector<Decision> decisions, std::vector<std::size_t> owners);
  void route_into(Checkpoint& checkpoint);
  Result<void> write_out(std::string_view lines);
  void count(std::size_t observer, const std::vector<CounterTotal>& now, std::vector<Total>& totals);
  void count_new(const Decision& decision);
  void put_left_totals(Checkpoint& checkpoint);

  std::vector<PipelineObserver>& observers_;
  const std::vector<Source>& sources_;
  const ModelTable& models_;
  Store& store_;
  Output& output_;
  Deliveries& deliveries_;
  const bool deliver_;
  const bool durable_;
  Backlog backlog_ = Backlog::kAll;
  Decided decided_;
  std::int64_t written_ = 0;  // the last action that the output has

  ActionCounts actions_;
  std::vector<std::uint64_t> actions_of_;  // by observer
  std::uint64_t unrouted_ = 0;             // new actions whose router failed
  std::uint64_t unwritten_ = 0;            // new actions that nobody gets and that could not be written

  std::vector<std::map<std::string, std::uint64_t>> counted_;  // by observer: counters as committed
  std::map<std::string, std::string> counter_helps_;
  std::vector<Total> left_totals_;  // of observers that have ended
};

}  // namespace mlmon
