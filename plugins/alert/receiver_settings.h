#pragma once

#include <functional>
#include <memory>
#include <mlmon/delivery.hpp>
#include <string>
#include <vector>

#include "plugins/alert/kafka.h"
#include "plugins/alert/notification.h"
#include "plugins/alert/receiver_filter.h"
#include "plugins/transport/secrets.h"
#include "plugins/transport/sender.h"

namespace mlmon::alert {

/// A receiver as the configuration has it, and how its sending half is made: one of the three; none of them:
/// it is stderr.
struct ReceiverSettings {
  EndpointSpec spec;
  ReceiverFilter filter;
  transport::Secrets secrets;  // that nobody is to read in what became of a try
  std::function<std::unique_ptr<Notifier>()> notifier;         // several alerts in one message
  std::function<std::unique_ptr<transport::Sender>()> sender;  // each by itself
  std::function<std::unique_ptr<Kafka>()> kafka;               // each by itself, all at once

  bool groups() const { return (spec.flags & MLMON_ENDPOINT_GROUPS) != 0; }
};

/// The `receivers` of a configuration in their order; without any, one of type stderr with that name. Opens
/// nothing. Throws config_error.
std::vector<ReceiverSettings> read_receivers(const Json& config);

}  // namespace mlmon::alert
