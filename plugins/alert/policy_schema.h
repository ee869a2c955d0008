#pragma once

namespace mlmon::alert {

/// The schema of the keys that say what is told and when, as members of `properties`.
inline constexpr char kPolicyKeys[] = R"(
    "min_f1": {
      "description": "rule low_f1 (critical): tell while f1 is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.6
    },
    "max_p_value": {
      "description": "rule drift (warning): tell while the p_value of drift is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.05
    },
    "resolve": {
      "description": "tell when it is over",
      "type": "boolean", "default": true
    },
    "repeat": {
      "description": "tell again while it lasts, after so much event time; 0s: once",
      "type": "string", "format": "duration", "default": "0s"
    },
    "flap": {
      "description": "\"6/1h\": more changes in such a time are `flapping`, then silence until it is quiet; 0: off",
      "type": "string", "default": "0"
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
        "properties": {
          "severity": {
            "description": "without it: warning",
            "enum": ["info", "warning", "critical"]
          },
          "inhibited_by": {
            "description": "names of rules; while one of them fires for the model, nobody is told of this one",
            "type": "array", "items": {"type": "string"}
          },)";
inline constexpr char kRulesEnd[] = R"(
        }
      }
    },)";

}  // namespace mlmon::alert
