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
#include <utility>
#include <vector>

#include "cli/conformance/event_supply.h"
#include "cli/conformance/lent_batch.h"
#include "core/action/decision.h"

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
};
const char* name_of(Service service);

/// Those that answer with a code.
inline constexpr Service kFallible[] = {
    Service::kModelInfo, Service::kAct,         Service::kSuppress,    Service::kStateGet,
    Service::kStatePut,  Service::kStateDelete, Service::kLastActionId};

/// Sizes as they were in 1.0.
inline constexpr std::uint32_t kServicesSize10 = 96;
inline constexpr std::uint32_t kBatchSize10 = 160;
static_assert(sizeof(mlmon_observer_services) >= kServicesSize10);
static_assert(sizeof(mlmon_batch) >= kBatchSize10);

/// The `call`-th call of a service answers this code and does nothing else.
struct Fault {
  Service service;
  std::int32_t code;
  std::uint32_t call = 1;
};

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
  /// `role` and `events` must outlive it.
  ObserverTrial(const mlmon_observer_role& role, std::string config, EventSupply& events,
                Manners manners = {}, KeptState state = {});
  ObserverTrial(const ObserverTrial&) = delete;
  ~ObserverTrial();

  CallResult create();
  CallResult on_batch(const BatchSlice& slice);
  CallResult finish();
  void destroy();

  /// Forgets the instance, as the end of the process would.
  void abandon() { instance_ = nullptr; }

  /// The rows [from, to) in batches of `size`, up to the first failure.
  CallResult feed(std::uint32_t from, std::uint32_t to, std::uint32_t size);

  /// A whole life: create, all rows in batches of `size`, finish, destroy.
  CallResult live(std::uint32_t size);

  std::vector<std::string> decisions;  // lines in the order of the events, suppressed ones too
  KeptState state;
  std::string misuse;        // the first service that was called where it must not be
  std::string wrong_thread;  // the first that was called by another thread
  std::string refusal;       // of the first decision or change of state that cannot be used
  bool fault_met = false;    // the fault was answered

 private:
  friend struct TrialServices;
  enum class Phase { kNone, kCreate, kBatch, kFinish, kDestroy, kGone };

  mlmon_observer_host* handle();
  CallResult judge(const char* callback, std::int32_t code) const;
  mlmon_str lend(std::unique_ptr<GuardedBlock>& block, const char* name, std::string_view text,
                 const char* until);
  void take_back(std::unique_ptr<GuardedBlock>& block) const;
  std::string model_text(mlmon_model model) const;
  void take(Decision decision);

  const mlmon_observer_role& role_;
  const std::string config_;
  EventSupply& events_;
  const Manners manners_;
  DecisionWriter writer_;
  mlmon_observer* instance_ = nullptr;
  Phase phase_ = Phase::kNone;
  std::thread::id owner_;

  std::vector<char> table_;  // the services
  std::unique_ptr<GuardedBlock> guarded_table_;

  std::mutex mutex_;  // of all below and of what is public
  std::deque<LentBatch>
      lent_batches_;  // without guards they live on, so that using them is harmless
  std::deque<std::string> lent_texts_;  // likewise
  BatchSlice slice_;                    // during on_batch
  std::vector<Decision> decided_;
  std::vector<std::uint32_t> calls_;  // of each service
  std::string said_;                  // by set_error
  std::string last_id_;
  std::unique_ptr<GuardedBlock> guarded_value_, guarded_id_;
  std::map<mlmon_model, std::vector<GuardedBlock>> guarded_models_;
};

}  // namespace mlmon
