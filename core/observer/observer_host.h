#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/observer/observer_instance.h"
#include "core/observer/observer_queue.h"
#include "core/observer/observer_setup.h"
#include "core/observer/rule_counts.h"
#include "core/observer/subscription.h"
#include "core/observer/tick_clock.h"

namespace mlmon {

/// Where an observer was stopped: it has seen what stands before this event.
struct StopPlace {
  std::size_t source = 0;    // index among those of the run
  std::uint64_t offset = 0;  // of the event's line
  std::uint64_t lines = 0;   // before it
  std::uint64_t seq = 0;     // its sequence number
};

/// What came out of an observer between two barriers.
struct Epoch {
  std::vector<Decision> decisions;            // in order
  std::vector<ObserverState::Change> changes;  // of its state
  std::optional<StopPlace> stopped_at;         // by then
  std::vector<CounterTotal> counters;          // of the plugin, as they were then
};

/// What became of the events that the observer subscribed to, and of what it said of them.
struct ObserverCounts {
  std::uint64_t observed = 0;
  std::uint64_t dropped = 0;  // no room (drop_newest), or it had failed
  std::uint64_t actions = 0;  // that were committed: counted by the pipeline
  std::uint64_t suppressed = 0;
  std::uint64_t emitted = 0;  // derived events
  std::uint64_t derived = 0;  // derived events of others that it has seen
  std::uint64_t poisoned = 0;          // its process fails at them: they are skipped
  std::uint64_t poisoned_derived = 0;  // derived events likewise
  std::vector<CounterTotal> counters = {};  // its own
  Tally suppressed_by = {};                 // reasons
  std::vector<RuleCount> rules = {};        // as far as it tells of them
};

/// The host's side of one observer instance: its queue and its thread. A plugin that fails is stopped here;
/// the rest of the run goes on without it.
///
/// All public functions belong to the pipeline's thread.
class ObserverHost {
 public:
  /// `wake` is called on the observer's thread when there are new decisions, when a barrier has passed, and
  /// when what offer() or idle() said has changed.
  ObserverHost(ObserverSetup setup, const ModelTable& models, LogSink& log,
               std::function<void()> wake);
  ~ObserverHost();

  /// Starts the thread and makes the instance. The error is the plugin's, or the configuration's.
  Result<void> start();
  bool configuration_is_wrong() const { return instance_.configuration_is_wrong(); }

  const std::string& name() const { return setup_.name; }

  /// The kinds of events that it gets, once it has started; empty: all.
  const std::vector<std::uint32_t>& kinds() const { return instance_.kinds(); }

  /// All observers have started, so that the kinds are these, and none else, and derived events of the types
  /// in `audience` are waited for. Before the first offer, or while it is idle.
  void settle(std::vector<std::uint32_t> kinds, std::vector<std::string> audience = {});

  /// Offers the rows [first, end) of `batch` and returns how many were taken or, with drop_newest,
  /// dropped. Fewer than all: come again after a wake. Less than half a queue may lie until flush() or a
  /// barrier.
  std::uint32_t offer(const std::shared_ptr<const Batch>& batch, std::uint32_t first,
                      std::uint32_t end);

  /// Wakes the observer, however little it has to do. Before waiting for what comes of it.
  void flush() { queue_.flush(); }

  /// Puts a barrier behind all that was offered. Once it has passed, collect() gives what came of the
  /// events before it.
  void put_barrier();
  bool barrier_passed() const { return barriers_passed_.load() == barriers_put_; }
  Epoch collect();

  /// Decisions that no barrier has covered yet.
  std::uint64_t pending() const { return pending_.load(); }

  /// Its process failed since the last barrier: a checkpoint soon would have less to do again.
  bool wants_checkpoint() const { return wants_checkpoint_.load(); }

  /// Nothing is queued or being worked on.
  bool idle() const { return queue_.idle(); }

  /// The events that it has emitted since the last call and somebody waits for, in order. Complete as far as
  /// it is idle.
  std::vector<DerivedEvent> take_derived();

  // What the instance that takes its place is to know. REQUIRES: idle, and a barrier behind all it was offered.
  Predecessor leave() const { return {begun_anew_, instance_.job_ends()}; }
  const ObserverState& kept() { return instance_.state(); }

  /// Ends the input and joins the thread.
  void finish();

  /// Why the observer was stopped; empty: it was not. Final after finish(), as counts() are.
  std::string failure() const;
  ObserverCounts counts() const;

  /// The process is to end soon: makes the plugin's cancelled() true.
  void cancel() { instance_.cancel(); }

 private:
  Result<void> create();
  void run();
  void observe(const BatchView& view);
  void observe_with_ticks(const BatchView& view);
  void observe_part(const BatchView& view);
  void observe_rows(const BatchView& view);
  mlmon_batch selected(const BatchView& view);
  Result<void> decide(const BatchView& view);
  void drop(const BatchView& view);
  void recover(const BatchView& view, const std::string& why);
  void search(const BatchView& view, const std::string& why);
  void try_alone(const BatchView& view, const std::string& why);
  void skip(const BatchView& view, const std::string& why);
  std::uint32_t subscribed_row(const BatchView& view);
  bool restart(const BatchView& view);
  bool start_again(const BatchView& view);
  bool is_poisoned(const Batch& batch, std::uint32_t row);
  void count_poison(const std::shared_ptr<const Batch>& batch, std::uint32_t row);
  void tick_before(const BatchView& view, std::int64_t tick_ns);
  void pass_barrier();
  void keep_event_time();
  void begin_anew(const BatchView& view);
  void note_ends(const BatchView& view);
  void stop_at(const BatchView& view, std::string why);
  void fail(std::string why);

  ObserverSetup setup_;  // its state belongs to the observer's thread, once that runs
  const ModelTable& models_;
  LogSink& log_;
  const std::function<void()> wake_;
  ObserverQueue queue_;
  const std::uint32_t view_rows_;  // a view is at most a quarter of the queue

  // Of the pipeline's thread.
  Subscription offered_;
  std::uint64_t dropped_before_ = 0;
  std::uint64_t dropped_full_ = 0;
  std::uint64_t barriers_put_ = 0;

  // Of the observer's thread.
  ObserverInstance instance_;
  Subscription subscription_;
  std::vector<std::uint32_t> selected_, ticking_;
  TickClock clock_;
  std::vector<bool> begun_anew_;  // models
  std::optional<StopPlace> stopped_at_;
  ObserverCounts counts_;
  Poison poison_;
  int failures_ = 0;         // of its process, since the last barrier
  int poison_in_a_row_ = 0;  // events, without one between them that it took

  // Between the two.
  mutable std::mutex mutex_;
  Epoch handed_over_;
  std::vector<DerivedEvent> derived_;
  std::string failure_;
  std::atomic<std::uint64_t> pending_{0};
  std::atomic<std::uint64_t> barriers_passed_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> wants_checkpoint_{false};
  std::thread thread_;
};

}  // namespace mlmon
