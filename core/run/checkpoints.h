#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/run/checkpoint_writer.h"
#include "core/run/coverage.h"
#include "core/run/pipeline_observer.h"
#include "core/store/committer.h"

namespace mlmon {

struct CheckpointOptions {
  std::int64_t every_ns = 1'000'000'000;
  std::uint64_t after = 256;          // decisions
  std::uint64_t most_pending = 4096;  // decisions behind a barrier or transaction that is on its way
  bool durable = false;               // the store outlives the run, or is a copy of one that does
  bool count = false;                 // what is not durable is counted too
};

/// The checkpoints of a run, one after the other: a barrier goes through the queues of all observers; once it
/// has come out of each, what they said before it is committed in one transaction, on a thread of its own;
/// then the new actions are written. When each of these is due is decided here and nowhere else.
///
/// Belongs to the pipeline's thread.
class Checkpoints {
 public:
  /// All of these outlive it.
  Checkpoints(std::vector<PipelineObserver>& observers, const ModelTable& models, CheckpointStore& store,
              Coverage& coverage, CheckpointWriter& writer, CheckpointOptions options,
              std::function<void()> wake);

  /// How far the input is by now.
  struct Input {
    bool between_batches = true;  // no observer has seen only a part of one
    bool ended = false;           // all of it was handed out
    bool idle = false;            // there is nothing to read now
  };

  /// Does what is due; false: nothing. To be called again when a wake comes and when next_due_ns() is over.
  Result<bool> step(std::int64_t now_ns, const Input& input);

  /// When the next barrier is due, if nothing else happens before; nothing: not by time.
  std::optional<std::int64_t> next_due_ns(const Input& input) const;

  /// A transaction is under way, so that the store would keep others waiting.
  bool in_store() const { return phase_ == Phase::kInStore; }

  /// Decisions stay in memory until they are committed: no more are wanted while so many wait.
  bool full() const;

  /// How long the time between two is from here on.
  void set_every(std::int64_t ns) { options_.every_ns = ns; }

  /// Nothing is under way, and there is nothing that a checkpoint would keep.
  bool settled() const;

  /// There is to be one, also where nothing would be kept of it: what observers keep has to be in the store.
  void demand() { demanded_ = true; }

  /// Another run has a partition of this one: what was decided since the last checkpoint was refused, and none of it
  /// counts. Once for each time.
  bool take_refusal() { return std::exchange(refused_, false); }

  /// Waits for the transaction that is under way, if any.
  Result<void> finish();

  /// Called before each transaction; an error: there is to be none.
  std::function<Result<void>()> before_commit;

  /// Called after each.
  std::function<void()> after_commit;

 private:
  enum class Phase { kIdle, kBarrier, kInStore };

  bool wants_barrier(std::int64_t now_ns, const Input& input) const;
  bool something_to_keep() const {
    return (options_.durable || options_.count) && coverage_.any();
  }
  std::uint64_t pending() const;
  bool observers_idle() const;
  void send_barrier();
  bool barrier_passed() const;
  Result<void> begin_transaction();

  std::vector<PipelineObserver>& observers_;
  Coverage& coverage_;
  CheckpointWriter& writer_;
  CheckpointOptions options_;
  Phase phase_ = Phase::kIdle;
  bool demanded_ = false;
  bool refused_ = false;
  std::optional<std::int64_t> begun_ns_;  // of the time until the next one
  Checkpoint checkpoint_;                 // in the store
  Committer committer_;                   // goes first: it works on that
};

}  // namespace mlmon
