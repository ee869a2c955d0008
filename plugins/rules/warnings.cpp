#include "plugins/rules/warnings.h"

namespace mlmon::rules {

void warn(const Setup& setup, const std::string& key, const std::string& text) {
  // What an observer logs as information while it is made, check shows as a warning.
  setup.log(MLMON_LOG_INFO, key.empty() ? text : key + ": " + text);
}

void warn_of_rules(const Setup& setup, const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    if (rule.baseline) continue;
    const bool has_least = rule.metric.is_share() || rule.metric.is_drift();
    if (!rule.above && has_least && rule.limit <= 0) {
      warn(setup, "rule " + rule.name, rule.metric.name() + " is never below 0, so it can never hold");
    }
    if (rule.above && rule.metric.is_share() && rule.limit >= 1) {
      warn(setup, "rule " + rule.name, rule.metric.name() + " is never above 1, so it can never hold");
    }
  }
  if (rules.empty()) warn(setup, "", "there is no rule, so nothing will be decided");
}

}  // namespace mlmon::rules
