#include "plugins/retraining/policy_warnings.h"

#include <algorithm>

#include "plugins/rules/warnings.h"

namespace mlmon::retraining {

void warn_of_policy(const Setup& setup, const Policy& policy,
                    const std::vector<rules::Rule>& all_rules) {
  const auto is_drift = [](const rules::Rule& rule) { return rule.metric.is_drift(); };
  if (policy.require == Policy::Require::confirmed && !all_rules.empty() &&
      std::all_of(all_rules.begin(), all_rules.end(), is_drift)) {
    rules::warn(setup, "require", "\"confirmed\" wants a metric rule, and there is none: nothing is ever "
                                  "asked for");
  }
  if (!setup.config().has("targets")) return;
  for (const Json& target : setup.config().at("targets").items()) {
    if (target.text("type") == "queue") continue;
    const std::string of = target.path() + ": a target of type " + target.text("type");
    if (policy.cooldown_ns == 0) {
      rules::warn(setup, "cooldown", "\"0s\": once a job has ended, the next breach starts another one at " +
                                         of);
    }
    if (policy.job_timeout_ns == 0 && !target.has("poll")) {
      rules::warn(setup, "job_timeout", "\"0s\": unless someone tells the end of a job (mlmon jobs done, an "
                                        "event of type job), there is never another one at " + of);
    }
  }
}

}  // namespace mlmon::retraining
