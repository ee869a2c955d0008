#include <mlmon/plugin.hpp>

#include "plugins/alert/alert.h"
#include "plugins/alert/policy_schema.h"
#include "plugins/alert/receivers.h"
#include "plugins/rules/rule_schema.h"
#include "plugins/transport/schema.h"

namespace {

constexpr char kBegin[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {)";

constexpr char kReceivers[] = R"(
    "receivers": {
      "description": "who is told; none: stderr",
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
        "name": {
          "description": "in outbox and logs",
          "type": "string", "minLength": 1, "maxLength": 100
        },
        "type": {"enum": ["stderr", "file", "exec", "webhook"], "default": "stderr"},
        "severity": {
          "description": "of the alerts that it gets; without it: all",
          "type": "array", "items": {"enum": ["info", "warning", "critical"]}
        },
        "rate_limit": {
          "description": "at most so many in a time, \"10/1m\"; the others wait; without it: no limit",
          "type": "string"
        },
        "rules": {
          "description": "globs on the rule's name; without it: all",
          "type": "array", "items": {"type": "string"}
        },
        "labels": {
          "description": "labels that an alert must have",
          "type": "object", "additionalProperties": {"type": "string"}
        },
        "path": {
          "description": "file: where actions are appended as NDJSON",
          "type": "string", "format": "path", "minLength": 1
        },
        "secret": {
          "description": "webhook: key of the signature X-Mlmon-Signature",
          "type": "string", "minLength": 1, "writeOnly": true
        },)";

constexpr char kEnd[] = R"(
        }
      }
    }
  }
})";

constexpr auto kSchema = mlmon::transport::joined(
    kBegin, mlmon::alert::kPolicyKeys, mlmon::rules::kJudgingKeys, mlmon::alert::kRulesBegin,
    mlmon::rules::kRuleKeys, mlmon::alert::kRulesEnd, kReceivers, mlmon::transport::kSharedKeys,
    kEnd);

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<mlmon::alert::Alert>(
                 "org.mlmon.alert", "0.1.0",
                 "tells people when a figure falls below its limit and when it is back",
                 kSchema.data())
                 .state_version(1)
                 .with(mlmon::delivery<mlmon::alert::Receivers, mlmon::alert::Receiver>()))
