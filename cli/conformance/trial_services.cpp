#include "cli/conformance/trial_services.h"

#include <fmt/format.h>

#include "cli/conformance/observer_trial.h"

namespace mlmon {
namespace {

std::string_view view(mlmon_str text) { return {text.ptr, text.len}; }

void note(std::string& first, std::string text) {
  if (first.empty()) first = std::move(text);
}

}  // namespace

const char* name_of(Service service) {
  static constexpr const char* kNames[] = {
      "log",        "set_error", "cancelled", "model_info",   "act",           "suppress",
      "explaining", "state_get", "state_put", "state_delete", "last_action_id"};
  return kNames[static_cast<std::size_t>(service)];
}

struct TrialServices {
  using Phase = ObserverTrial::Phase;
  enum class By { kAny, kInstance, kOnBatch };

  static ObserverTrial& of(mlmon_observer_host* host) {
    return *reinterpret_cast<ObserverTrial*>(host);
  }

  /// Holds the trial while a service runs, and says whether the call is in order. `code`: what to
  /// answer if it is not, or if this one is to fail.
  class Call {
   public:
    Call(mlmon_observer_host* host, Service service, By by)
        : trial(of(host)), lock_(trial.mutex_), service_(service) {
      if (trial.phase_ == Phase::kGone) {
        note(trial.misuse, says("was called after destroy had returned"));
        code = MLMON_E_INVALID;
      } else if (by != By::kAny && std::this_thread::get_id() != trial.owner_) {
        note(trial.wrong_thread, says("was called by another thread than the instance's"));
        code = MLMON_E_INVALID;
      } else if (by == By::kOnBatch && trial.phase_ != Phase::kBatch) {
        note(trial.misuse, says("was called outside of on_batch"));
        code = MLMON_E_INVALID;
      } else {
        meet_fault();
      }
    }

    /// Something of what was passed in cannot be used.
    std::int32_t refuse(const std::string& why) {
      note(trial.refusal, says("was refused: " + why));
      return MLMON_E_INVALID;
    }

    ObserverTrial& trial;
    std::optional<std::int32_t> code;

   private:
    std::string says(const std::string& what) const {
      return std::string(name_of(service_)) + " " + what;
    }

    void meet_fault() {
      const std::uint32_t call = ++trial.calls_[static_cast<std::size_t>(service_)];
      const std::optional<Fault>& fault = trial.manners_.fault;
      if (!fault || fault->service != service_ || fault->call != call) return;
      trial.fault_met = true;
      code = fault->code;
    }

    const std::lock_guard<std::mutex> lock_;
    const Service service_;
  };

  static void log(mlmon_observer_host* host, std::int32_t, mlmon_str) {
    const Call call(host, Service::kLog, By::kAny);
  }

  static void set_error(mlmon_observer_host* host, mlmon_str text) {
    const Call call(host, Service::kSetError, By::kInstance);
    if (!call.code) call.trial.said_ = view(text);
  }

  static std::int32_t cancelled(mlmon_observer_host* host) {
    const Call call(host, Service::kCancelled, By::kAny);
    return call.trial.manners_.cancelled ? 1 : 0;
  }

  static std::int32_t explaining(mlmon_observer_host* host) {
    const Call call(host, Service::kExplaining, By::kAny);
    return call.trial.manners_.explaining ? 1 : 0;
  }

  static std::int32_t model_info(mlmon_observer_host* host, mlmon_model handle,
                                 mlmon_model_info* info) {
    Call call(host, Service::kModelInfo, By::kAny);
    if (call.code) return *call.code;
    if (info == nullptr || !MLMON_HAS(mlmon_model_info, info, reserved)) {
      return call.refuse("its mlmon_model_info has no size");
    }
    const ModelTable& models = call.trial.events_.models;
    if (handle == 0 || handle > models.size()) return MLMON_E_NOT_FOUND;
    const Model& model = models.at(handle);
    info->model = handle;
    info->name = lend(call.trial, handle, 0, model.name);
    info->version = lend(call.trial, handle, 1, model.version);
    info->deployed_at = lend(call.trial, handle, 2, model.deployed_text);
    info->deployed_s = model.deployed_at.seconds;
    info->deployed_ns = static_cast<std::uint32_t>(model.deployed_at.nanos);
    info->reserved = 0;
    return MLMON_OK;
  }

  /// The `part`-th text of a model; the same each time.
  static mlmon_str lend(ObserverTrial& trial, mlmon_model handle, std::size_t part,
                        const std::string& text) {
    if (!trial.manners_.lending.guarded) return {text.data(), text.size()};
    std::vector<GuardedBlock>& blocks = trial.guarded_models_[handle];
    if (blocks.size() == part) {
      blocks.emplace_back("a text of model_info", text, trial.manners_.lending.flush,
                          "destroy had returned");
    }
    return {blocks[part].data(), text.size()};
  }

  template <class Said>
  static std::string misplaced(const ObserverTrial& trial, const Said* said) {
    if (said == nullptr || !MLMON_HAS(Said, said, fields)) return "it has no size";
    if (said->row >= trial.slice_.rows) {
      return fmt::format("row {} of a batch of {}", said->row, trial.slice_.rows);
    }
    if (said->model == 0 || said->model > trial.events_.models.size()) {
      return fmt::format("model {} is none that stood in a batch", said->model);
    }
    return "";
  }

  static std::int32_t act(mlmon_observer_host* host, const mlmon_action* action) {
    Call call(host, Service::kAct, By::kOnBatch);
    if (call.code) return *call.code;
    ObserverTrial& trial = call.trial;
    trial.take_back(trial.guarded_id_);
    if (std::string why = misplaced(trial, action); !why.empty()) return call.refuse(why);
    if (!trial.manners_.recording) {
      trial.last_id_ = "01MADEUPMADEUPMADEUPMADEUP";
      return MLMON_OK;
    }
    Result<Decision> decision =
        trial.writer_.action(trial.events_.batch, trial.slice_.first + action->row, *action);
    if (!decision) return call.refuse(decision.error().text);
    trial.take(std::move(*decision));
    return MLMON_OK;
  }

  static std::int32_t suppress(mlmon_observer_host* host, const mlmon_suppression* held) {
    Call call(host, Service::kSuppress, By::kOnBatch);
    if (call.code) return *call.code;
    ObserverTrial& trial = call.trial;
    if (std::string why = misplaced(trial, held); !why.empty()) return call.refuse(why);
    if (!trial.manners_.recording) return MLMON_OK;
    Result<Decision> decision =
        trial.writer_.suppression(trial.events_.batch, trial.slice_.first + held->row, *held);
    if (!decision) return call.refuse(decision.error().text);
    if (trial.manners_.explaining) trial.take(std::move(*decision));
    return MLMON_OK;
  }

  static std::int32_t state_get(mlmon_observer_host* host, mlmon_model model, mlmon_str key,
                                mlmon_str* value) {
    const Call call(host, Service::kStateGet, By::kInstance);
    if (call.code) return *call.code;
    ObserverTrial& trial = call.trial;
    if (model > trial.events_.models.size()) return MLMON_E_NOT_FOUND;
    const auto found = trial.state.find({trial.model_text(model), std::string(view(key))});
    if (found == trial.state.end() || value == nullptr) return MLMON_E_NOT_FOUND;
    *value = trial.lend(trial.guarded_value_, "a value of state_get", found->second,
                        "the next call of a state_ service");
    return MLMON_OK;
  }

  static std::int32_t change(mlmon_observer_host* host, Service service, mlmon_model model,
                             mlmon_str key, std::optional<std::string> value) {
    Call call(host, service, By::kOnBatch);
    if (call.code) return *call.code;
    ObserverTrial& trial = call.trial;
    if (key.len == 0) return call.refuse("an empty key");
    if (model > trial.events_.models.size()) {
      return call.refuse(fmt::format("model {} is none that stood in a batch", model));
    }
    const std::pair at(trial.model_text(model), std::string(view(key)));
    if (value) {
      trial.state[at] = std::move(*value);
    } else {
      trial.state.erase(at);
    }
    trial.take_back(trial.guarded_value_);
    return MLMON_OK;
  }

  static std::int32_t state_put(mlmon_observer_host* host, mlmon_model model, mlmon_str key,
                                mlmon_str value) {
    return change(host, Service::kStatePut, model, key, std::string(view(value)));
  }

  static std::int32_t state_delete(mlmon_observer_host* host, mlmon_model model, mlmon_str key) {
    return change(host, Service::kStateDelete, model, key, std::nullopt);
  }

  static std::int32_t last_action_id(mlmon_observer_host* host, mlmon_str* id) {
    const Call call(host, Service::kLastActionId, By::kInstance);
    if (call.code) return *call.code;
    ObserverTrial& trial = call.trial;
    if (id == nullptr || trial.last_id_.empty()) return MLMON_E_NOT_FOUND;
    *id = trial.lend(trial.guarded_id_, "an action's id", trial.last_id_, "the next act");
    return MLMON_OK;
  }
};

const mlmon_observer_services kTrialServices = {sizeof(mlmon_observer_services),
                                                MLMON_ABI_MINOR,
                                                TrialServices::log,
                                                TrialServices::set_error,
                                                TrialServices::cancelled,
                                                TrialServices::model_info,
                                                TrialServices::act,
                                                TrialServices::suppress,
                                                TrialServices::explaining,
                                                TrialServices::state_get,
                                                TrialServices::state_put,
                                                TrialServices::state_delete,
                                                TrialServices::last_action_id};

}  // namespace mlmon
