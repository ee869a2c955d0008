#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/decision.h"
#include "core/log_sink.h"
#include "core/observer_queue.h"
#include "core/plugin_library.h"
#include "core/subscription.h"

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

  /// Offers the rows of `batch` from `first` on and returns how many were taken or, with drop_newest,
  /// dropped. Fewer than all: come again after a wake.
  std::uint32_t offer(const std::shared_ptr<const Batch>& batch, std::uint32_t first);

  /// Puts a barrier behind all that was offered. Once it has passed, collect() gives the decisions about
  /// the events before it, in order.
  void put_barrier();
  bool barrier_passed() const { return barriers_passed_.load() == barriers_put_; }
  std::vector<Decision> collect();

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
  void fail(std::string why);

  const ObserverSetup setup_;
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
  std::string said_;     // by set_error
  std::string refused_;  // why a decision was
  ObserverCounts counts_;

  // Between the two.
  mutable std::mutex mutex_;
  std::vector<Decision> handed_over_;
  std::string failure_;
  std::atomic<std::uint64_t> pending_{0};
  std::atomic<std::uint64_t> barriers_passed_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> cancelled_{false};
  std::thread thread_;
};

}  // namespace mlmon
