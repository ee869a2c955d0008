#pragma once

#include <mlmon/observer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cli/conformance/event_supply.h"
#include "cli/conformance/lent_batch.h"
#include "core/action/decision.h"
#include "core/observer/event_wishes.h"
#include "core/observer/observer_counters.h"
#include "core/observer/tick_clock.h"
#include "core/plugin/plugin_library.h"

namespace mlmon {

/// The services of an observer's host, in the order of the table.
enum class Service {
  kLog,
  kSetError,
  kCancelled,
  kModelInfo,
  kAct,
  kSuppress,
  kExplaining,
  kStateGet,
  kStatePut,
  kStateDelete,
  kLastActionId,
  kProject,
  kSubscribe,
  kKindName,
  kEmit,
  kCounter,
  kCount,
  kTickEvery,
  kStateScan,
  kStateNext,
};
inline constexpr std::size_t kServices = 20;
const char* name_of(Service service);

/// Whether it answers with a code, so that it can fail.
bool may_fail(Service service);

/// The `call`-th call of a service answers this code and does nothing else.
struct Fault {
  Service service;
  std::int32_t code;
  std::uint32_t call = 1;
};

/// Sizes as they were in 1.0.
inline constexpr std::uint32_t kServicesSize10 = 96;
inline constexpr std::uint32_t kBatchSize10 = 160;
static_assert(sizeof(mlmon_observer_services) >= kServicesSize10);
static_assert(sizeof(mlmon_batch) >= kBatchSize10);

/// How a host treats an observer: all of it within the contract.
struct Manners {
  std::uint32_t abi_minor = MLMON_ABI_MINOR;
  std::uint32_t services_size = sizeof(mlmon_observer_services);
  std::uint32_t batch_size = sizeof(mlmon_batch);
  std::uint32_t flags = 0;  // of each batch
  bool explaining = true;
  bool recording = true;  // otherwise decisions cost as little as they can
  bool cancelled = false;
  Lending lending{};
  std::optional<Fault> fault{};
  std::optional<std::uint32_t> migrate_from{};  // of what is kept: an older version
};

/// What an observer keeps: by model (as JSON; empty: of none) and key, since handles mean nothing
/// in another process.
using KeptState = std::map<std::pair<std::string, std::string>, std::string>;

/// What a callback came to.
struct CallResult {
  std::int32_t code = MLMON_OK;
  std::string text{};   // of a failure: "on_batch failed: out of cheese"
  std::string wrong{};  // what it got wrong in how it failed; empty: nothing

  bool ok() const { return code == MLMON_OK && wrong.empty(); }
};

/// The host's side of an instance that is tried out. Unlike the host proper it goes on after
/// decisions that it refuses, and writes down what breaks the contract.
///
/// All functions belong to the thread that calls create(); services may be called by any.
class ObserverTrial {
 public:
  /// `item` and `events` must outlive it.
  ObserverTrial(const PluginClass& item, std::string config, EventSupply& events,
                Manners manners = {}, KeptState state = {});
  ObserverTrial(const ObserverTrial&) = delete;
  ~ObserverTrial();

  CallResult create();

  /// Events, cut where ticks are due; of them those that it subscribed to.
  CallResult observe(const BatchSlice& slice);

  CallResult finish();

  /// What it says of a model. REQUIRES: its role has `explain`.
  CallResult explain(mlmon_model model, std::string& said);

  void destroy();

  /// Forgets the instance, as the end of the process would.
  void abandon() { instance_ = nullptr; }

  /// The rows [from, to) in batches of `size`, up to the first failure.
  CallResult feed(std::uint32_t from, std::uint32_t to, std::uint32_t size);

  /// A whole life: create, all rows in batches of `size`, finish, destroy.
  CallResult live(std::uint32_t size);

  std::vector<std::string> decisions;  // lines in the order of the events: actions, what was
                                       // suppressed, derived events
  KeptState state;
  std::string misuse;        // the first service that was called where it must not be
  std::string wrong_thread;  // the first that was called by another thread
  std::string refusal;       // of the first thing said that cannot be used
  bool fault_met = false;    // the fault was answered
  std::uint32_t calls[kServices] = {};

  /// What it asked for.
  std::vector<Projection> fields() const { return wishes_.rules().projections; }
  std::vector<CounterTotal> counters() const { return counters_.totals(); }
  std::int64_t tick_every_ns() const { return tick_every_ns_; }

  /// Types of events beside those of the supply that it subscribed to.
  std::vector<std::string> foreign_types() const { return wishes_.types().foreign(); }

 private:
  friend struct TrialServices;
  enum class Phase { kNone, kCreate, kMigrate, kBatch, kTick, kFinish, kDestroy, kGone };

  mlmon_observer_host* handle();
  CallResult judge(const char* callback, std::int32_t code) const;
  CallResult migrate();
  CallResult on_batch(BatchSlice slice);
  CallResult on_tick(std::uint32_t row, std::int64_t tick_ns);
  std::vector<std::uint32_t> selected_of(const BatchSlice& slice) const;
  bool subscribed(std::uint32_t row) const;
  void keep_event_time();
  void record();

  mlmon_str lend(std::unique_ptr<GuardedBlock>& block, const char* name, std::string_view text,
                 const char* until);
  void take_back(std::unique_ptr<GuardedBlock>& block) const;
  const std::string& model_text(mlmon_model model);
  mlmon_model model_of(const std::string& text);
  bool comes_before(mlmon_model model, mlmon_model other) const;

  const PluginClass& item_;
  const std::string config_;
  EventSupply& events_;
  const Manners manners_;
  EventWishes wishes_;
  DecisionWriter writer_;
  mlmon_observer* instance_ = nullptr;
  Phase phase_ = Phase::kNone;
  std::thread::id owner_;
  TickClock clock_;

  // What it asked for in create.
  std::vector<std::uint32_t> kinds_;
  std::vector<std::uint32_t> columns_;
  std::int64_t tick_every_ns_ = 0;
  ObserverCounters counters_;

  std::vector<char> table_;  // the services
  std::unique_ptr<GuardedBlock> guarded_table_;

  std::mutex mutex_;  // of all below and of what is public
  std::deque<LentBatch>
      lent_batches_;  // without guards they live on, so that using them is harmless
  std::deque<std::string> lent_texts_;  // likewise
  BatchSlice slice_;                    // during on_batch and on_tick
  std::int64_t tick_ns_ = 0;            // during on_tick
  std::vector<Decision> decided_;
  std::string said_;  // by set_error
  std::string last_id_;
  std::vector<std::pair<mlmon_model, std::string>>
      scan_;                              // what state_next has yet to give, last first
  std::vector<std::string> model_texts_;  // by handle
  std::unordered_map<std::string, mlmon_model> models_of_;
  std::unique_ptr<GuardedBlock> guarded_value_, guarded_key_, guarded_id_;
  std::map<mlmon_model, std::vector<GuardedBlock>> guarded_models_;
};

}  // namespace mlmon
