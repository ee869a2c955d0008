#include <mlmon/plugin.hpp>

#include "plugins/alert/alert.h"
#include "plugins/alert/policy_schema.h"
#include "plugins/alert/receiver_schema.h"
#include "plugins/alert/receivers.h"
#include "plugins/rules/rule_schema.h"
#include "plugins/transport/schema.h"

namespace {

constexpr char kBegin[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {)";

constexpr char kEnd[] = R"(
        }
      }
    }
  }
})";

constexpr auto kSchema = mlmon::transport::joined(
    kBegin, mlmon::alert::kPolicyKeys, mlmon::rules::kJudgingKeys, mlmon::alert::kRulesBegin,
    mlmon::rules::kRuleKeys, mlmon::alert::kRulesEnd, mlmon::alert::kReceivers, mlmon::transport::kSharedKeys,
    kEnd);

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<mlmon::alert::Alert>(
                 "org.mlmon.alert", "0.1.0",
                 "tells people when a figure falls below its limit and when it is back",
                 kSchema.data())
                 .state_version(1)
                 .with(mlmon::delivery<mlmon::alert::Receivers, mlmon::alert::Receiver>()))
