#pragma once

#include <string>

#include "plugins/alert/notification.h"
#include "plugins/transport/http_client.h"

namespace mlmon::alert {

/// Posts to an incoming webhook of Slack: `{"text","blocks"}`, one section for each of the worst alerts.
/// Every text is within Slack's limits, and nothing in it is markup (api.slack.com/reference/block-kit and
/// /surfaces/messages: & < > escaped).
class Slack final : public Notifier {
 public:
  explicit Slack(transport::HttpSettings settings) : client_(std::move(settings)) {}
  Outcome send(const Notification& notification, const transport::Cancelled& cancelled) override;

 private:
  transport::HttpClient client_;
};

/// The body of the request.
std::string slack_message(const Notification& notification);

}  // namespace mlmon::alert
