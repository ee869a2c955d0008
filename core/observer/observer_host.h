#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/action/decision.h"
#include "core/log_sink.h"
#include "core/observer/observer_queue.h"
#include "core/observer/observer_state.h"
#include "core/observer/subscription.h"
#include "core/plugin/plugin_library.h"

namespace mlmon {

/// All that makes one configured observer.
struct ObserverSetup {
  std::string name;
  std::shared_ptr<const PluginLibrary> library;  // its first class observes
  std::string config;                            // JSON, defaults filled in
  GlobList models{{"*"}};
  std::vector<std::uint32_t> kinds;  // empty: all
  std::uint32_t capacity = 2048;     // events
  bool drop_newest = false;          // in place of back-pressure
  bool explain = false;
  EventRules rules;
  ObserverState state;      // what it kept
  bool begin_anew = false;  // it forgets that of the models in the input (--from-start)
  /// Whether the request of this id was made before and is over. From the observer's thread.
  std::function<bool(std::string_view id)> has_ended;
};

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
};

/// What became of the events that the observer subscribed to, and of what it said of them.
struct ObserverCounts {
  std::uint64_t observed = 0;
  std::uint64_t dropped = 0;  // no room (drop_newest), or it had failed
  std::uint64_t actions = 0;  // that were committed: counted by the pipeline
  std::uint64_t suppressed = 0;
};

/// The host's side of one observer instance: its queue, its thread, and the services that it may call. A
/// plugin that fails is stopped here; the rest of the run goes on without it.
///
/// All public functions belong to the pipeline's thread.
class ObserverHost {
 public:
  /// `wake` is called on the observer's thread whenever something here has changed.
  ObserverHost(ObserverSetup setup, const ModelTable& models, LogSink& log,
               std::function<void()> wake);
  ~ObserverHost();

  /// Starts the thread and makes the instance. The error is the plugin's.
  Result<void> start();

  const std::string& name() const { return setup_.name; }

  /// Offers the rows [first, end) of `batch` and returns how many were taken or, with drop_newest,
  /// dropped. Fewer than all: come again after a wake.
  std::uint32_t offer(const std::shared_ptr<const Batch>& batch, std::uint32_t first,
                      std::uint32_t end);

  /// Puts a barrier behind all that was offered. Once it has passed, collect() gives what came of the
  /// events before it.
  void put_barrier();
  bool barrier_passed() const { return barriers_passed_.load() == barriers_put_; }
  Epoch collect();

  /// Decisions that no barrier has covered yet.
  std::uint64_t pending() const { return pending_.load(); }

  /// Nothing is queued or being worked on.
  bool idle() const { return queue_.idle(); }

  /// Ends the input and joins the thread.
  void finish();

  /// Why the observer was stopped; empty: it was not. Final after finish(), as counts() are.
  std::string failure() const;
  ObserverCounts counts() const;

  /// The process is to end soon: makes the plugin's cancelled() true.
  void cancel() { cancelled_.store(true); }

 private:
  friend struct ObserverServices;

  void run();
  Result<void> create();
  void observe(const BatchView& view);
  void pass_barrier();
  void begin_anew(const BatchView& view);
  void note_ends(const BatchView& view);
  bool has_ended(const std::string& id, std::uint64_t by_seq) const;
  void stop_at(const BatchView& view);
  void fail(std::string why);

  ObserverSetup setup_;  // its state belongs to the observer's thread, once that runs
  const ModelTable& models_;
  LogSink& log_;
  const std::function<void()> wake_;
  const std::unique_ptr<mlmon_observer_host> handle_;  // what the plugin knows this host by
  const PluginClass& class_;
  ObserverQueue queue_;
  const std::uint32_t view_rows_;  // a view is at most a quarter of the queue

  // Of the pipeline's thread.
  Subscription offered_;
  std::uint64_t dropped_before_ = 0;
  std::uint64_t dropped_full_ = 0;
  std::uint64_t barriers_put_ = 0;

  // Of the observer's thread.
  Subscription subscription_;
  std::vector<std::uint32_t> selected_;
  DecisionWriter writer_;
  std::vector<Decision> decisions_;
  const BatchView* current_ = nullptr;  // during on_batch
  mlmon_observer* instance_ = nullptr;
  ObserverState& state_;
  std::vector<bool> begun_anew_;  // models
  EventParser events_;            // for job events
  std::unordered_map<std::string, std::uint64_t> ended_;  // jobs, and the event that told it
  std::optional<StopPlace> stopped_at_;
  std::string last_id_;  // of an action
  std::string said_;     // by set_error
  std::string refused_;  // why a decision was
  ObserverCounts counts_;

  // Between the two.
  mutable std::mutex mutex_;
  Epoch handed_over_;
  std::string failure_;
  std::atomic<std::uint64_t> pending_{0};
  std::atomic<std::uint64_t> barriers_passed_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> cancelled_{false};
  std::thread thread_;
};

}  // namespace mlmon
