#include <mlmon/plugin.hpp>

#include "plugins/retraining/retraining.h"
#include "plugins/retraining/target_schema.h"
#include "plugins/retraining/targets.h"
#include "plugins/transport/schema.h"

namespace {

constexpr char kBegin[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "min_f1": {
      "description": "retrain when f1 is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.75
    },
    "max_p_value": {
      "description": "retrain when the p_value of drift is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.05
    },
    "targets": )";

constexpr char kEnd[] = R"(
  }
})";

constexpr auto kSchema = mlmon::transport::joined(
    kBegin, mlmon::retraining::kTargetsBegin, mlmon::transport::kSharedKeys,
    mlmon::retraining::kTargetsEnd, kEnd);

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<mlmon::retraining::Retraining>(
                 "org.mlmon.retraining", "0.1.0",
                 "requests a retraining when a figure falls below its limit", kSchema.data())
                 .with(mlmon::delivery<mlmon::retraining::Targets, mlmon::retraining::Target>()))
