#pragma once

#include <mlmon/observer.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/action/decision.h"
#include "core/action/derived_event.h"
#include "core/log_sink.h"
#include "core/observer/observer_counters.h"
#include "core/observer/observer_queue.h"
#include "core/observer/observer_setup.h"
#include "core/observer/rule_counts.h"

namespace mlmon {

/// A plugin's instance of an observer: what the host calls of it, what it may call of the host (by
/// ObserverServices), and what it has said since anybody took that. What it said in a call that failed does
/// not count.
///
/// All of it belongs to one thread, the observer's, but cancel() and counters().
class ObserverInstance {
 public:
  /// The references outlive it; what `setup` has of state is the instance's from here on.
  ObserverInstance(ObserverSetup& setup, const ModelTable& models, LogSink& log);
  ~ObserverInstance();
  ObserverInstance(const ObserverInstance&) = delete;

  /// Makes it, and lets it bring what it keeps into its newest form. An error may be the configuration's.
  Result<void> create();
  bool configuration_is_wrong() const { return wrong_config_; }

  /// The last call failed because the process of the instance is gone: it can be started again, with what it
  /// has kept by the end of the call before.
  bool lost() const { return lost_; }
  const std::string& last_failure() const { return said_; }
  Result<void> restart();

  /// What it asked for in create: the kinds of events (empty: all) and ticks of event time.
  const std::vector<std::uint32_t>& kinds() const { return kinds_; }
  std::int64_t tick_every_ns() const { return tick_every_ns_; }

  /// The types of derived events that somebody behind it waits for. Before the first events, or between two.
  void set_audience(std::vector<std::string> types) { audience_ = std::move(types); }
  bool has_any_audience() const { return !audience_.empty(); }

  /// Events. `batch` is made of the rows of `view`; its projected columns are filled in here.
  Result<void> on_batch(const BatchView& view, mlmon_batch& batch);

  /// A tick before the first row of `view`.
  Result<void> on_tick(const BatchView& view, std::int64_t tick_ns);

  Result<void> finish();

  /// How its rules stand for a model: one JSON object, or empty where the class has no `explain` or nothing to
  /// say. After create(), in place of events.
  Result<std::string> explain(std::uint32_t model);

  void destroy();

  // What it has said, in order.
  std::vector<Decision>& decisions() { return decisions_; }
  std::vector<DerivedEvent>& derived() { return derived_; }
  std::uint64_t suppressed() const { return suppressed_; }  // ever
  std::uint64_t emitted() const { return emitted_; }        // likewise
  const Tally& suppressed_by() const { return suppressed_by_; }  // reasons, ever
  const Tally& acted_by() const { return acted_by_; }            // rules, ever
  ObserverState& state() { return state_; }

  /// The event `seq` tells the end of a job. Before the events that stand behind it.
  void note_end(const std::string& job, std::uint64_t seq) { job_ends_.note(job, seq); }
  void note_reopened(const std::string& job) { job_ends_.reopen(job); }

  /// What it said before the last barrier is in the store.
  void pass_barrier();
  const JobEnds& job_ends() const { return job_ends_; }

  const ObserverCounters& counters() const { return counters_; }
  void cancel() { cancelled_.store(true); }

 private:
  friend struct ObserverServices;

  /// What the plugin is doing, and may ask for.
  enum class Phase { kCreating, kMigrating, kEvents, kTick, kOther };

  template <class Call>
  Result<void> call(Phase phase, std::string_view what, const Call& call);
  Result<void> check_class();
  void begin_state_anew();
  void keep_class();
  Result<void> migrate();
  void project_into(const BatchView& view, mlmon_batch& batch);
  bool comes_before(std::uint32_t model, std::uint32_t other) const;
  bool has_ended(const std::string& id, std::uint64_t seq);
  EventRules row_rules() const;
  DecisionWriter& writer();
  DerivedWriter& derived_writer();
  bool has_audience(std::string_view type) const;
  std::int32_t refuse(std::string why);
  void forget_refusal();
  std::string refusal();

  /// --from-start: what was kept of models is forgotten as they come, and nobody is to begin with it.
  bool hides_models() const {
    return phase_ == Phase::kCreating && setup_.begin_anew && !setup_.predecessor && !settled_;
  }

  ObserverSetup& setup_;
  const ModelTable& models_;
  LogSink& log_;
  const PluginClass& class_;
  ObserverState& state_;
  const std::unique_ptr<mlmon_observer_host> handle_;  // what the plugin knows the host by
  mlmon_observer* instance_ = nullptr;
  std::thread::id thread_;

  // What it asked for.
  std::vector<std::uint32_t> kinds_;
  std::vector<std::uint32_t> columns_;  // by its own numbers: those of EventWishes
  std::int64_t tick_every_ns_ = 0;
  ObserverCounters counters_;
  bool wrong_config_ = false;
  bool settled_ = false;  // it was made before: what it asked for then is all that there is
  bool lost_ = false;

  // Of the call that is going on.
  Phase phase_ = Phase::kOther;
  const BatchView* view_ = nullptr;
  std::int64_t tick_ns_ = 0;
  std::string said_;     // by set_error
  std::string refused_;  // why something that it said was
  std::vector<std::pair<std::uint32_t, std::uint64_t>> counted_;  // on its own thread: counter, more
  std::vector<mlmon_column> projected_;
  std::vector<const mlmon_column*> projected_pointers_;
  std::vector<ObserverState::Place> scan_;  // what state_next has still to give, the last first
  ObserverState::Place scanned_;            // what it gave last

  std::optional<DecisionWriter> writer_;  // made for the first decision: by then the rules are complete
  std::optional<DerivedWriter> derived_writer_;  // likewise
  std::vector<std::string> audience_;
  std::vector<Decision> decisions_;
  std::vector<DerivedEvent> derived_;
  std::uint64_t suppressed_ = 0, emitted_ = 0;
  Tally suppressed_by_, acted_by_;
  std::string last_id_;                                   // of an action
  JobEnds job_ends_;

  std::mutex misuse_mutex_;
  std::string misuse_;  // what another thread called
  std::atomic<bool> cancelled_{false};
};

}  // namespace mlmon
