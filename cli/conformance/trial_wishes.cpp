#include <fmt/format.h>

#include <algorithm>

#include "cli/conformance/trial_services.h"

namespace mlmon {

std::int32_t TrialServices::project(Host* host, const mlmon_projection* wanted,
                                    std::uint32_t* column) {
  Call call(host, Service::kProject, By::kCreate);
  if (call.code) return *call.code;
  std::vector<std::string> tokens;
  if (wanted == nullptr || column == nullptr || !MLMON_HAS(mlmon_projection, wanted, event_type) ||
      wanted->type < MLMON_COLUMN_NUMBER || wanted->type > MLMON_COLUMN_JSON ||
      !split_json_pointer(view(wanted->pointer), tokens)) {
    return call.refuse("no JSON pointer, or no type of a column");
  }
  ObserverTrial& trial = call.trial;
  const std::uint32_t number = trial.wishes_.column_for(
      {std::string(view(wanted->pointer)), static_cast<Projection::Type>(wanted->type),
       std::string(view(wanted->event_type))});
  const auto known = std::find(trial.columns_.begin(), trial.columns_.end(), number);
  *column = static_cast<std::uint32_t>(known - trial.columns_.begin());
  if (known == trial.columns_.end()) trial.columns_.push_back(number);
  return MLMON_OK;
}

std::int32_t TrialServices::subscribe(Host* host, mlmon_str type, std::uint32_t* kind) {
  Call call(host, Service::kSubscribe, By::kCreate);
  if (call.code) return *call.code;
  if (!is_type_name(view(type))) {
    return call.refuse(fmt::format("\"{}\" is not a type of event", view(type)));
  }
  const std::uint32_t known = call.trial.wishes_.types().intern(view(type));
  std::vector<std::uint32_t>& kinds = call.trial.kinds_;
  if (std::find(kinds.begin(), kinds.end(), known) == kinds.end()) kinds.push_back(known);
  if (kind != nullptr) *kind = known;
  return MLMON_OK;
}

std::int32_t TrialServices::counter(Host* host, mlmon_str name, mlmon_str help,
                                    std::uint32_t* counter) {
  Call call(host, Service::kCounter, By::kCreate);
  if (call.code) return *call.code;
  const auto added = call.trial.counters_.add(view(name), view(help));
  if (!added || counter == nullptr) {
    return call.refuse(fmt::format("\"{}\" cannot be a counter", view(name)));
  }
  *counter = *added;
  return MLMON_OK;
}

std::int32_t TrialServices::tick_every(Host* host, std::int64_t period_ns) {
  Call call(host, Service::kTickEvery, By::kCreate);
  if (call.code) return *call.code;
  if (period_ns < 0 || call.trial.item_.observer.on_tick == nullptr) {
    return call.refuse("a negative period, or a role without on_tick");
  }
  call.trial.tick_every_ns_ = period_ns;
  return MLMON_OK;
}

}  // namespace mlmon
