#include <mlmon/plugin.hpp>

#include "plugins/retraining/policy_schema.h"
#include "plugins/retraining/retraining.h"
#include "plugins/retraining/target_schema.h"
#include "plugins/retraining/targets.h"
#include "plugins/rules/rule_schema.h"
#include "plugins/transport/schema.h"

namespace {

constexpr char kBegin[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {)";

constexpr char kTargets[] = R"(
    "targets": )";

constexpr char kEnd[] = R"(
  }
})";

constexpr auto kSchema = mlmon::transport::joined(
    kBegin, mlmon::retraining::kPolicyKeys, mlmon::rules::kJudgingKeys,
    mlmon::retraining::kRulesBegin, mlmon::rules::kRuleKeys, mlmon::retraining::kRulesEnd, kTargets,
    mlmon::retraining::kTargetsBegin, mlmon::transport::kSharedKeys, mlmon::retraining::kTargetsEnd,
    kEnd);

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<mlmon::retraining::Retraining>(
                 "org.mlmon.retraining", "0.1.0",
                 "requests a retraining when a figure falls below its limit", kSchema.data())
                 .state_version(1)
                 .emits("retrain budget_spent")
                 .with(mlmon::delivery<mlmon::retraining::Targets, mlmon::retraining::Target>()))
