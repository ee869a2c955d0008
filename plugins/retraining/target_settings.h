#pragma once

#include <memory>
#include <mlmon/delivery.hpp>
#include <optional>
#include <vector>

#include "plugins/retraining/targets/http_target.h"
#include "plugins/transport/command.h"
#include "plugins/transport/globs.h"

namespace mlmon::retraining {

/// A target as the configuration has it.
struct TargetSettings {
  EndpointSpec spec;
  transport::Globs models;  // of which it gets the requests
  // One of them; neither: the embedded queue, which the host delivers to.
  std::optional<transport::CommandSettings> command;
  std::unique_ptr<HttpTarget> http;
};

/// The `targets` of a configuration in their order; without any, the embedded queue. A target
/// without a name is called by its type, the second of a type `http2` and so on; so is one of type
/// mlflow, whose `name` is that of a registered model. Throws config_error.
std::vector<TargetSettings> read_targets(const Json& config);

}  // namespace mlmon::retraining
