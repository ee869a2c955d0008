#pragma once

namespace mlmon::retraining {

/// The schema of the keys of the policy, as members of `properties`.
inline constexpr char kPolicyKeys[] = R"(
    "min_f1": {
      "description": "rule f1: retrain when f1 is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.75
    },
    "max_p_value": {
      "description": "rule drift: retrain when the p_value of drift is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.05
    },
    "grace": {
      "description": "event time after deployed_at in which nothing is asked for",
      "type": "string", "format": "duration", "default": "0s"
    },
    "require": {
      "description": "any rule; all of them; or confirmed: drift counts only while a metric rule holds",
      "enum": ["any", "all", "confirmed"], "default": "any"
    },
    "cooldown": {
      "description": "event time after a request in which the model gets no other",
      "type": "string", "format": "duration", "default": "0s"
    },
    "job_timeout": {
      "description": "event time after which an open job holds back no more; 0s: never",
      "type": "string", "format": "duration", "default": "0s"
    },
    "budget": {
      "description": "\"5/30d\": at most 5 requests in any 30 days over all models; empty: no limit",
      "type": "string", "default": ""
    },)";

/// Of [[rules]], around the keys that they share with other observers.
inline constexpr char kRulesBegin[] = R"(
    "rules": {
      "description": "more rules, on any metric",
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "metric"],
        "properties": {)";
inline constexpr char kRulesEnd[] = R"(
        }
      }
    },)";

}  // namespace mlmon::retraining
