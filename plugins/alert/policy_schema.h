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
    },
    "superseded_after": {
      "description": "\"24h\": so long after a newer deployment of the name, what fires for older ones is resolved",
      "oneOf": [{"type": "string", "format": "duration"}, {"const": ""}], "default": ""
    },
    "on": {
      "description": "also tell of: retrain job_failed budget_spent, or any type that an observer before this one emits",
      "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 128}, "default": []
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
          "subject": {
            "description": "text with {model.name} {value:.2f} {labels.team} …; without it: the rule for the model",
            "type": "string", "minLength": 1, "maxLength": 1000, "examples": ["{model.name}: {value:.2f}"]
          },
          "body": {
            "description": "likewise; without it: model, figure, limit and time",
            "type": "string", "maxLength": 10000
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
