#pragma once

#include <mlmon/delivery.hpp>
#include <optional>
#include <vector>

#include "plugins/transport/command.h"
#include "plugins/transport/globs.h"
#include "plugins/transport/http_settings.h"

namespace mlmon::retraining {

/// A target as the configuration has it.
struct TargetSettings {
  EndpointSpec spec;
  transport::Globs models;  // of which it gets the requests
  // One of them; neither: the embedded queue, which the host delivers to.
  std::optional<transport::CommandSettings> command;
  std::optional<transport::HttpSettings> http;
};

/// The `targets` of a configuration in their order; without any, the embedded queue. A target
/// without a name is called by its type, the second of a type `http2` and so on. Throws
/// config_error.
std::vector<TargetSettings> read_targets(const Json& config);

}  // namespace mlmon::retraining
