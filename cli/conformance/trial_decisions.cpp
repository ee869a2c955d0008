#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/conformance/trial_services.h"

namespace mlmon {

template <class Said>
std::string TrialServices::misplaced(const ObserverTrial& trial, const Said* said) {
  if (said == nullptr || !MLMON_HAS(Said, said, fields)) return "it has no size";
  if (said->row >= trial.slice_.rows) {
    return fmt::format("row {} of a batch of {}", said->row, trial.slice_.rows);
  }
  if (said->model == 0 || said->model > trial.events_.models.size()) {
    return fmt::format("model {} is none that stood in a batch", said->model);
  }
  return "";
}

std::optional<std::int64_t> TrialServices::tick_of(const ObserverTrial& trial) {
  return trial.phase_ == Phase::kTick ? std::optional(trial.tick_ns_) : std::nullopt;
}

std::int32_t TrialServices::act(Host* host, const mlmon_action* action) {
  Call call(host, Service::kAct, By::kDeciding);
  if (call.code) return *call.code;
  ObserverTrial& trial = call.trial;
  trial.take_back(trial.guarded_id_);
  if (std::string why = misplaced(trial, action); !why.empty()) return call.refuse(why);
  if (!trial.manners_.recording) {
    trial.last_id_ = "01MADEUPMADEUPMADEUPMADEUP";
    return MLMON_OK;
  }
  Result<Decision> decision = trial.writer_.action(
      trial.events_.batch, trial.slice_.first + action->row, *action, tick_of(trial));
  if (!decision) return call.refuse(decision.error().text);
  trial.last_id_ = decision->id;
  trial.decided_.push_back(std::move(*decision));
  return MLMON_OK;
}

std::int32_t TrialServices::suppress(Host* host, const mlmon_suppression* held) {
  Call call(host, Service::kSuppress, By::kDeciding);
  if (call.code) return *call.code;
  ObserverTrial& trial = call.trial;
  if (std::string why = misplaced(trial, held); !why.empty()) return call.refuse(why);
  if (!trial.manners_.recording) return MLMON_OK;
  Result<Decision> decision = trial.writer_.suppression(
      trial.events_.batch, trial.slice_.first + held->row, *held, tick_of(trial));
  if (!decision) return call.refuse(decision.error().text);
  if (trial.manners_.explaining) trial.decided_.push_back(std::move(*decision));
  return MLMON_OK;
}

std::int32_t TrialServices::emit(Host* host, const mlmon_derived* derived) {
  using Json = nlohmann::ordered_json;
  Call call(host, Service::kEmit, By::kDeciding);
  if (call.code) return *call.code;
  ObserverTrial& trial = call.trial;
  if (std::string why = misplaced(trial, derived); !why.empty()) return call.refuse(why);
  const std::string type(view(derived->type));
  const std::vector<std::string>& emits = trial.item_.emits;
  if (std::find(emits.begin(), emits.end(), type) == emits.end()) {
    return call.refuse("its class does not say that it emits \"" + type + "\"");
  }
  const Json fields = derived->fields.len == 0 ? Json::object()
                                               : Json::parse(view(derived->fields), nullptr, false);
  if (!fields.is_object()) return call.refuse("its fields are not a JSON object");
  for (const char* own : {"type", "model", "at", "id"}) {
    if (fields.contains(own)) return call.refuse(fmt::format("\"{}\" is the host's", own));
  }
  const std::uint32_t row = trial.slice_.first + derived->row;
  Decision decision;
  decision.seq = trial.events_.batch.first_seq + row;
  decision.model = derived->model;
  decision.type = type;
  decision.json = Json{
      {"action", "emitted"},
      {"rule", type},
      {"model", Json::parse(trial.model_text(derived->model))},
      {"line", trial.events_.batch.line[row]},
      {"fields",
       fields}}.dump();
  trial.decided_.push_back(std::move(decision));
  return MLMON_OK;
}

std::int32_t TrialServices::last_action_id(Host* host, mlmon_str* id) {
  const Call call(host, Service::kLastActionId, By::kInstance);
  if (call.code) return *call.code;
  ObserverTrial& trial = call.trial;
  if (id == nullptr || trial.last_id_.empty()) return MLMON_E_NOT_FOUND;
  *id = trial.lend(trial.guarded_id_, "an action's id", trial.last_id_, "the next act");
  return MLMON_OK;
}

}  // namespace mlmon
