#include <mlmon/plugin.hpp>

#include "plugins/retraining/queue.h"
#include "plugins/retraining/retraining.h"

namespace {

constexpr char kSchema[] = R"({
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
    }
  }
})";

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<mlmon::retraining::Retraining>(
                 "org.mlmon.retraining", "0.1.0",
                 "requests a retraining when a figure falls below its limit", kSchema)
                 .with(mlmon::delivery<mlmon::retraining::QueueRouter>()))
