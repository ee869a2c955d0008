#pragma once

#include <mlmon/delivery.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/alert/receiver_filter.h"
#include "plugins/transport/command.h"
#include "plugins/transport/http_settings.h"

namespace mlmon::alert {

/// A receiver as the configuration has it.
struct ReceiverSettings {
  EndpointSpec spec;
  ReceiverFilter filter;
  // One of them; none: stderr.
  std::optional<std::string> path;  // of a file
  std::optional<transport::CommandSettings> command;
  std::optional<transport::HttpSettings> webhook;
  std::string secret;  // with which a webhook's bodies are signed; empty: they are not
};

/// The `receivers` of a configuration in their order; without any, one of type stderr with that
/// name. Throws config_error.
std::vector<ReceiverSettings> read_receivers(const Json& config);

}  // namespace mlmon::alert
