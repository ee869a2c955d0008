#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/action/output.h"
#include "core/clock.h"
#include "core/run/checkpoint_writer.h"
#include "core/run/checkpoints.h"
#include "core/run/coverage.h"
#include "core/run/deliveries.h"
#include "core/run/dispatcher.h"
#include "core/run/intake.h"
#include "core/run/job_feedback.h"
#include "core/run/model_tally.h"
#include "core/run/pipeline_observer.h"
#include "core/run/receipt.h"
#include "core/run/succession.h"
#include "core/store/store.h"
#include "core/wakeup.h"

namespace mlmon {

struct PipelineOptions {
  CheckpointOptions checkpoints;
  std::int64_t deliver_timeout_ns = 30'000'000'000;
  std::int64_t shutdown_timeout_ns = 10'000'000'000;
  bool deliver = true;      // false: --dry-run
  bool from_start = false;  // files are read again
  Backlog backlog = Backlog::kAll;  // which alerts of what is there at the beginning are told
};

/// What a run is made of. All of it outlives the pipeline.
struct PipelineParts {
  Intake& intake;
  std::vector<PipelineObserver>& observers;
  ModelTable& models;
  const EventRules& rules;
  Store& store;
  Output& output;
  const Clock& clock;
  LogSink& log;
  Wakeup& wakeup;  // woken by every other thread
};

/// How far a run is, for a progress line.
struct Progress {
  std::uint64_t consumed = 0, total = 0;  // bytes of the files; total 0: unknown
  std::uint64_t events = 0, bad = 0, actions = 0;
};

/// The loop that joins the stages: intake -> queues of the observers -> barrier -> store -> output and
/// endpoints. It waits in one place only, so that a slow input, observer or receiver holds up nobody else.
///
/// Belongs to one thread, the one that made its parts.
class Pipeline {
 public:
  Pipeline(PipelineParts parts, PipelineOptions options);
  ~Pipeline();

  /// Runs until the input has ended or stop() was asked for, and everything is committed, written and
  /// delivered (or the time for that is over). Fails if the store or the output does.
  Result<void> run();

  /// Ends the input; what was read is still decided on. From a signal's watcher, any thread.
  void stop();

  /// Asks for other observers, or other settings of them: run() calls `on_reload`. From any thread, also before
  /// run(), which may end without it.
  void ask_reload();

  /// What finds out what is to change. True: something, so that `swap` is called as soon as all that was read so
  /// far is decided and in the store; until then nothing more is handed out.
  std::function<bool()> on_reload;
  std::function<Result<void>()> swap;

  /// Lets go of partitions and takes others over, between two events, when all that was read so far is decided and in
  /// the store. `refused`: it was not, since another run has one of them; then all are let go.
  std::function<Result<void>(bool refused)> regroup;

  /// At the end, when all is done: what this run has is for others.
  std::function<Result<void>()> leave_group;

  /// From `regroup`: these sources begin where the store has them by now; `due`: lines of theirs that another run may
  /// not have written.
  Result<void> begin_sources(const std::vector<std::size_t>& sources, const std::vector<DueLine>& due);

  /// The last action that the output has.
  std::int64_t written() const { return writer_.written(); }

  /// It was asked for, and nobody has heard of it.
  bool reload_missed() const { return reload_.load(); }

  /// From `swap` or `regroup`: the observer at `index` of the list has ended, before another list takes over.
  /// `counts`: what it counted at its end goes into the next checkpoint.
  void take_leave(std::size_t index, bool counts = true);

  /// Likewise: the list of observers has become another one; `before`: what it was.
  Result<void> succeed(const Succession& succession, const std::vector<PipelineObserver>& before);

  void set_checkpoint_every(std::int64_t ns) { checkpoints_.set_every(ns); }

  /// `ready` is called from run() before each commit: the places in the files move on, and bad lines before
  /// them are not read again. An error fails the run, and nothing is committed.
  void before_commit(std::function<Result<void>()> ready) {
    checkpoints_.before_commit = std::move(ready);
  }

  /// `tell` is called from run() after each commit that changed something.
  void after_commit(std::function<void()> tell) { after_commit_ = std::move(tell); }

  /// Called from run() every now and then.
  std::function<void(const Progress&)> on_progress;

  const ModelTally& tally() const { return tally_; }
  const ActionCounts& actions() const { return writer_.actions(); }
  const std::map<std::string, std::string>& counter_helps() const {
    return writer_.counter_helps();
  }

  /// Of each observer, in order, and of those that were removed; call after run().
  std::vector<ObserverReceipt> observer_receipts() const;

  /// A thread is in a plugin still: the process is to end without cleaning up after it.
  bool abandoned() const { return deliveries_.abandoned(); }

  /// What failed beside the observers: routers and endpoints.
  const std::vector<std::string>& failures() const { return deliveries_.failures(); }

 private:
  Result<void> begin();
  void fail(const Error& error);
  void cancel();
  bool step();
  void reload();
  Result<void> change_group(bool refused);
  bool pausing() const { return swapping_ || regrouping_; }
  std::size_t source_in(std::int64_t row) const;
  bool take_batch();
  bool take_ends();
  void hand_out(Result<std::vector<Piece>> pieces);
  Checkpoints::Input input() const;
  Result<void> end_backlog();
  Result<void> deliver_rest();
  ObserverReceipt receipt_of(std::size_t observer) const;
  void wait();
  void tell_progress();

  PipelineParts parts_;
  const PipelineOptions options_;
  Dispatcher dispatcher_;
  JobFeedback jobs_;
  Coverage coverage_;
  Deliveries deliveries_;
  CheckpointWriter writer_;
  Checkpoints checkpoints_;
  ModelTally tally_;
  std::vector<ObserverReceipt> left_;  // of observers that have ended before the run

  std::function<void()> after_commit_;
  bool backlog_over_ = false;
  std::int64_t last_progress_ns_ = 0;
  std::optional<Error> failed_;
  std::atomic<bool> stop_{false};
  std::atomic<std::int64_t> stop_limit_ns_{0};  // monotonic: when a run that was asked to stop has to be over
  std::atomic<bool> reload_{false};
  bool swapping_ = false, regrouping_ = false;  // nothing is handed out until that is done
};

}  // namespace mlmon
