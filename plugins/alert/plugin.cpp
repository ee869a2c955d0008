#include <mlmon/plugin.hpp>

#include "plugins/alert/alert.h"
#include "plugins/alert/stderr_receiver.h"

namespace {

constexpr char kSchema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "min_f1": {
      "description": "alert (critical) while f1 is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.6
    },
    "max_p_value": {
      "description": "alert (warning) while the p_value of drift is below; false: off",
      "oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"const": false}],
      "default": 0.05
    }
  }
})";

}  // namespace

MLMON_PLUGIN(mlmon::observer_class<mlmon::alert::Alert>(
                 "org.mlmon.alert", "0.1.0",
                 "tells people when a figure falls below its limit and when it is back", kSchema)
                 .with(mlmon::delivery<mlmon::alert::StderrRouter, mlmon::alert::StderrReceiver>()))
