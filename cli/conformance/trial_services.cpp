#include "cli/conformance/trial_services.h"

#include <fmt/format.h>

#include <utility>

namespace mlmon {
namespace {

void note_first(std::string& first, std::string text) {
  if (first.empty()) first = std::move(text);
}

constexpr const char* kNames[kServices] = {
    "log",       "set_error",    "cancelled",      "model_info",
    "act",       "suppress",     "explaining",     "state_get",
    "state_put", "state_delete", "last_action_id", "project",
    "subscribe", "kind_name",    "emit",           "counter",
    "count",     "tick_every",   "state_scan",     "state_next"};

}  // namespace

const char* name_of(Service service) { return kNames[static_cast<std::size_t>(service)]; }

bool may_fail(Service service) {
  return service != Service::kLog && service != Service::kSetError &&
         service != Service::kCancelled && service != Service::kExplaining;
}

TrialServices::Call::Call(Host* host, Service service, By by)
    : trial(*reinterpret_cast<ObserverTrial*>(host)), lock_(trial.mutex_), service_(service) {
  const std::string name = name_of(service);
  if (trial.phase_ == Phase::kGone) {
    note_first(trial.misuse, name + " was called after destroy had returned");
    code = MLMON_E_INVALID;
  } else if (by != By::kAny && std::this_thread::get_id() != trial.owner_) {
    note_first(trial.wrong_thread, name + " was called by another thread than the instance's");
    code = MLMON_E_INVALID;
  } else if (std::string why = out_of_order(by); !why.empty()) {
    note_first(trial.misuse, name + why);
    code = MLMON_E_INVALID;
  } else {
    meet_fault();
  }
}

std::string TrialServices::Call::out_of_order(By by) const {
  const Phase phase = trial.phase_;
  const bool deciding = phase == Phase::kBatch || phase == Phase::kTick;
  switch (by) {
    case By::kAny:
    case By::kInstance:
      return "";
    case By::kCreate:
      return phase == Phase::kCreate ? "" : " was called outside of create";
    case By::kDeciding:
      return deciding ? "" : " was called outside of on_batch and on_tick";
    case By::kChanging:
      return deciding || phase == Phase::kMigrate
                 ? ""
                 : " was called outside of on_batch, on_tick and migrate";
  }
  return "";
}

void TrialServices::Call::meet_fault() {
  const std::uint32_t call = ++trial.calls[static_cast<std::size_t>(service_)];
  const std::optional<Fault>& fault = trial.manners_.fault;
  if (!fault || fault->service != service_ || fault->call != call) return;
  trial.fault_met = true;
  code = fault->code;
}

std::int32_t TrialServices::Call::refuse(const std::string& why) {
  note_first(trial.refusal, std::string(name_of(service_)) + " was refused: " + why);
  return MLMON_E_INVALID;
}

void TrialServices::log(Host* host, std::int32_t, mlmon_str) {
  const Call call(host, Service::kLog, By::kAny);
}

void TrialServices::set_error(Host* host, mlmon_str text) {
  const Call call(host, Service::kSetError, By::kInstance);
  if (!call.code) call.trial.said_ = view(text);
}

std::int32_t TrialServices::cancelled(Host* host) {
  const Call call(host, Service::kCancelled, By::kAny);
  return call.trial.manners_.cancelled ? 1 : 0;
}

std::int32_t TrialServices::explaining(Host* host) {
  const Call call(host, Service::kExplaining, By::kAny);
  return call.trial.manners_.explaining ? 1 : 0;
}

std::int32_t TrialServices::model_info(Host* host, mlmon_model handle, mlmon_model_info* info) {
  Call call(host, Service::kModelInfo, By::kAny);
  if (call.code) return *call.code;
  if (info == nullptr || !MLMON_HAS(mlmon_model_info, info, reserved)) {
    return call.refuse("its mlmon_model_info has no size");
  }
  const ModelTable& models = call.trial.events_.models;
  if (handle == 0 || handle > models.size()) return MLMON_E_NOT_FOUND;
  const Model& model = models.at(handle);
  info->model = handle;
  info->name = lend_model(call.trial, handle, 0, model.name);
  info->version = lend_model(call.trial, handle, 1, model.version);
  info->deployed_at = lend_model(call.trial, handle, 2, model.deployed_text);
  info->deployed_s = model.deployed_at.seconds;
  info->deployed_ns = static_cast<std::uint32_t>(model.deployed_at.nanos);
  info->reserved = 0;
  return MLMON_OK;
}

/// The `part`-th text of a model; the same each time.
mlmon_str TrialServices::lend_model(ObserverTrial& trial, mlmon_model handle, std::size_t part,
                                    std::string_view text) {
  if (!trial.manners_.lending.guarded) return {text.data(), text.size()};
  std::vector<GuardedBlock>& blocks = trial.guarded_models_[handle];
  if (blocks.size() == part) {
    blocks.emplace_back("a text of model_info", text, trial.manners_.lending.flush,
                        "destroy had returned");
  }
  return {blocks[part].data(), text.size()};
}

std::int32_t TrialServices::kind_name(Host* host, std::uint32_t kind, mlmon_str* type) {
  const Call call(host, Service::kKindName, By::kAny);
  if (call.code) return *call.code;
  const std::string* name = call.trial.wishes_.types().name_of(kind);
  if (name == nullptr || type == nullptr) return MLMON_E_NOT_FOUND;
  *type = {name->data(), name->size()};
  return MLMON_OK;
}

std::int32_t TrialServices::count(Host* host, std::uint32_t counter, std::uint64_t more) {
  const Call call(host, Service::kCount, By::kAny);
  if (call.code) return *call.code;
  return call.trial.counters_.count(counter, more) ? MLMON_OK : MLMON_E_NOT_FOUND;
}

const mlmon_observer_services& trial_services() {
  using Own = TrialServices;
  static constexpr mlmon_observer_services kTable = {
      .size = sizeof(mlmon_observer_services),
      .abi_minor = MLMON_ABI_MINOR,
      .log = Own::log,
      .set_error = Own::set_error,
      .cancelled = Own::cancelled,
      .model_info = Own::model_info,
      .act = Own::act,
      .suppress = Own::suppress,
      .explaining = Own::explaining,
      .state_get = Own::state_get,
      .state_put = Own::state_put,
      .state_delete = Own::state_delete,
      .last_action_id = Own::last_action_id,
      .project = Own::project,
      .subscribe = Own::subscribe,
      .kind_name = Own::kind_name,
      .emit = Own::emit,
      .counter = Own::counter,
      .count = Own::count,
      .tick_every = Own::tick_every,
      .state_scan = Own::state_scan,
      .state_next = Own::state_next,
  };
  return kTable;
}

}  // namespace mlmon
