#pragma once

namespace mlmon::rules {

/// The schema of the keys that all observers with rules have, as members of `properties`.
inline constexpr char kJudgingKeys[] = R"(
    "min_magnitude": {
      "description": "a p_value counts only from this magnitude on; without a magnitude it counts",
      "type": "number", "minimum": 0, "default": 0.0
    },
    "min_samples": {
      "description": "figures of fewer predictions say nothing; without samples they count",
      "type": "integer", "minimum": 0, "default": 0
    },
    "for": {
      "description": "n of the last m events that carry the rule's figure must breach, \"3/5\"; m to 64",
      "type": "string", "default": "1/1"
    },
    "correction": {
      "description": "of p_value for the number of an event's features: the smallest adjusted one",
      "enum": ["none", "bonferroni", "bh"], "default": "none"
    },)";

/// Likewise of the keys that each of [[…rules]] has.
inline constexpr char kRuleKeys[] = R"(
          "name": {
            "description": "in actions, unlike that of every other rule",
            "type": "string", "minLength": 1, "maxLength": 100, "examples": ["low_auc"]
          },
          "metric": {
            "description": "accuracy precision recall f1 p_value magnitude, or a name in metrics",
            "type": "string", "minLength": 1, "maxLength": 200, "examples": ["auc"]
          },
          "below": {"description": "a figure below this breaches", "type": "number", "examples": [0.75]},
          "above": {"description": "a figure above this breaches", "type": "number", "examples": [0.25]},
          "clear": {
            "description": "once it holds, it holds until the figure is back here",
            "type": "number", "examples": [0.8]
          },
          "drop": {
            "description": "in place of below: so much below the baseline, 0.05 or \"10%\"",
            "type": ["number", "string"], "examples": [0.05]
          },
          "rise": {
            "description": "in place of above: so much above the baseline, 0.05 or \"10%\"",
            "type": ["number", "string"], "examples": [0.05]
          },
          "baseline": {
            "description": "of drop and rise: so many first figures make it; without it: 20",
            "type": "integer", "minimum": 1, "maximum": 1000000, "examples": [20]
          },
          "for": {"description": "as above, for this rule", "type": "string", "examples": ["3/5"]},
          "models": {
            "description": "globs on the model's name, \"!glob\" takes out again; without it: all",
            "type": "array", "items": {"type": "string"}, "examples": [["*"]]
          })";

}  // namespace mlmon::rules
