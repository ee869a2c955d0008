#pragma once

#include <string>

#include "plugins/alert/alert_text.h"
#include "plugins/transport/http_client.h"
#include "plugins/transport/sender.h"

namespace mlmon::alert {

/// Sends each alert to PagerDuty (Events API v2, developer.pagerduty.com): `trigger` while it fires, `resolve`
/// when it is over, with one dedup_key for an observer's rule and a model.
class Pagerduty final : public transport::Sender {
 public:
  Pagerduty(transport::HttpSettings settings, std::string routing_key)
      : routing_key_(std::move(routing_key)), client_(std::move(settings)) {}
  Outcome send(const Item& item, const transport::Cancelled& cancelled) override;

 private:
  const std::string routing_key_;
  transport::HttpClient client_;
};

/// The body of the request.
std::string pagerduty_event(const AlertText& alert, const std::string& routing_key);

}  // namespace mlmon::alert
