#include "core/run/reload.h"

#include <algorithm>

namespace mlmon {
namespace {

/// Same decisions, same deliveries. `own` has the defaults and what variables and secrets' files say now.
bool is_configured_alike(const AssembledObserver& a, const AssembledObserver& b) {
  const ObserverConfig& left = a.config;
  const ObserverConfig& right = b.config;
  const bool same_keys = a.own == b.own && a.given_to_host == b.given_to_host &&
                         (!a.given_to_host || a.given == b.given);
  return a.path == b.path && same_keys && a.types == b.types && a.apart == b.apart &&
         left.models == right.models && left.overflow == right.overflow && left.capacity == right.capacity;
}

std::optional<std::size_t> position_of(const std::vector<AssembledObserver>& observers, const std::string& name) {
  const auto at = std::find_if(observers.begin(), observers.end(),
                               [&](const AssembledObserver& one) { return one.config.name == name; });
  if (at == observers.end()) return std::nullopt;
  return static_cast<std::size_t>(at - observers.begin());
}

bool is_at_work(const PipelineObserver& observer) { return observer.host && observer.host->failure().empty(); }

}  // namespace

ReloadPlan plan_reload(const std::vector<AssembledObserver>& running, const std::vector<PipelineObserver>& started,
                       const std::vector<AssembledObserver>& to_come, bool resumes) {
  ReloadPlan plan;
  std::size_t last = 0;
  for (const AssembledObserver& next : to_come) {
    const std::string& name = next.config.name;
    ReloadPlan::Origin& origin = plan.origins.emplace_back();
    origin.before = position_of(running, name);
    if (!origin.before) {
      if (next.failure.empty()) plan.added.push_back(name);
    } else {
      const AssembledObserver& now = running[*origin.before];
      plan.reordered |= *origin.before < last;
      last = std::max(last, *origin.before);
      bool stopped = false;  // also where only one of its instances was
      for (std::size_t i = *origin.before; i < started.size(); i += running.size()) stopped |= !is_at_work(started[i]);
      // What cannot be loaded any more has no keys to compare.
      const bool alike = next.failure.empty() ? is_configured_alike(now, next) && (!stopped || now.library != nullptr)
                                              : now.given == next.given && now.path == next.path;
      origin.goes_on = alike || (stopped && resumes);
      if (stopped && resumes && (!alike || now.code != next.code)) {
        plan.restart.push_back("observers." + name + " (it was stopped, and goes on at its own place)");
      } else if (origin.goes_on && now.code != next.code) {
        plan.restart.push_back("observers." + name + " (its code has changed on disk)");
      }
      if (!origin.goes_on && next.failure.empty()) plan.changed.push_back(name);
    }
    if (!origin.goes_on && !next.failure.empty()) plan.refused.push_back(name + ": " + next.failure);
  }
  for (const AssembledObserver& now : running) {
    if (!position_of(to_come, now.config.name)) plan.removed.push_back(now.config.name);
  }
  return plan;
}

}  // namespace mlmon
