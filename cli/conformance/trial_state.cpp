#include <fmt/format.h>

#include <algorithm>

#include "cli/conformance/trial_services.h"
#include "core/store/observer_state.h"

namespace mlmon {
namespace {

constexpr const char* kUntilNextCall = "the next call of a state_ service";

bool is_hosts(std::string_view key) { return key.starts_with(ObserverState::kHostKeys); }

}  // namespace

std::int32_t TrialServices::state_get(Host* host, mlmon_model model, mlmon_str key,
                                      mlmon_str* value) {
  const Call call(host, Service::kStateGet, By::kInstance);
  if (call.code) return *call.code;
  ObserverTrial& trial = call.trial;
  if (model > trial.events_.models.size() || is_hosts(view(key))) return MLMON_E_NOT_FOUND;
  const auto found = trial.state.find({trial.model_text(model), std::string(view(key))});
  if (found == trial.state.end() || value == nullptr) return MLMON_E_NOT_FOUND;
  *value = trial.lend(trial.guarded_value_, "a value of state_get", found->second, kUntilNextCall);
  return MLMON_OK;
}

std::int32_t TrialServices::change(Host* host, Service service, mlmon_model model, mlmon_str key,
                                   std::optional<std::string> value) {
  Call call(host, service, By::kChanging);
  if (call.code) return *call.code;
  ObserverTrial& trial = call.trial;
  if (key.len == 0) return call.refuse("an empty key");
  if (is_hosts(view(key))) return call.refuse("keys that begin with mlmon: are the host's");
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
  trial.take_back(trial.guarded_key_);
  return MLMON_OK;
}

std::int32_t TrialServices::state_put(Host* host, mlmon_model model, mlmon_str key,
                                      mlmon_str value) {
  return change(host, Service::kStatePut, model, key, std::string(view(value)));
}

std::int32_t TrialServices::state_delete(Host* host, mlmon_model model, mlmon_str key) {
  return change(host, Service::kStateDelete, model, key, std::nullopt);
}

std::int32_t TrialServices::state_scan(Host* host, mlmon_model model) {
  const Call call(host, Service::kStateScan, By::kInstance);
  if (call.code) return *call.code;
  ObserverTrial& trial = call.trial;
  trial.scan_.clear();
  for (const auto& [at, value] : trial.state) {
    const mlmon_model its = trial.model_of(at.first);
    if (!is_hosts(at.second) && (model == MLMON_EVERY_MODEL || model == its)) {
      trial.scan_.emplace_back(its, at.second);
    }
  }
  std::sort(trial.scan_.begin(), trial.scan_.end(), [&](const auto& a, const auto& b) {
    return a.first == b.first ? a.second > b.second : trial.comes_before(b.first, a.first);
  });
  return MLMON_OK;
}

std::int32_t TrialServices::state_next(Host* host, mlmon_state_item* item) {
  Call call(host, Service::kStateNext, By::kInstance);
  if (call.code) return *call.code;
  if (item == nullptr || !MLMON_HAS(mlmon_state_item, item, value)) {
    return call.refuse("its mlmon_state_item has no size");
  }
  ObserverTrial& trial = call.trial;
  while (!trial.scan_.empty()) {
    const auto [model, key] = trial.scan_.back();
    trial.scan_.pop_back();
    const auto found = trial.state.find({trial.model_text(model), key});
    if (found == trial.state.end()) continue;
    item->model = model;
    item->key = trial.lend(trial.guarded_key_, "a key of state_next", key, kUntilNextCall);
    item->value = trial.lend(trial.guarded_value_, "a value of state_next", found->second, kUntilNextCall);
    return MLMON_OK;
  }
  return MLMON_E_NOT_FOUND;
}

}  // namespace mlmon
