#pragma once

#include <string>
#include <vector>

#include "plugins/alert/notification.h"
#include "plugins/transport/http_client.h"

namespace mlmon::alert {

struct WebhookSettings {
  std::string receiver;  // its name
  transport::HttpSettings http;
  std::string secret;                 // with which bodies are signed; empty: they are not
  bool like_alertmanager = false;     // the format
  std::vector<std::string> group_by;  // members of the action, for groupLabels
};

/// Posts `{"version":1,"receiver":NAME,"alerts":[actions]}`, or what Alertmanager's webhook of version "4"
/// posts (prometheus.io/docs/alerting/latest/configuration, webhook_config).
class Webhook final : public Notifier {
 public:
  explicit Webhook(WebhookSettings settings);
  Outcome send(const Notification& notification, const transport::Cancelled& cancelled) override;

 private:
  const WebhookSettings settings_;
  transport::HttpClient client_;
};

/// The body in Alertmanager's form.
std::string alertmanager_webhook(const Notification& notification, const WebhookSettings& settings);

}  // namespace mlmon::alert
