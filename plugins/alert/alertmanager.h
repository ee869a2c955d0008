#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "plugins/alert/notification.h"
#include "plugins/transport/http_client.h"

namespace mlmon::alert {

/// How alerts go to an Alertmanager.
struct AlertmanagerSettings {
  transport::HttpSettings http;  // its URL is that of the API's call
  std::map<std::string, std::string> labels;
  std::int64_t hold_ms = 3 * 3'600'000;
};

/// Posts alerts to Alertmanager's API v2 (api/v2/openapi.yaml). One that fires ends by itself after `hold`,
/// unless it is told again before then; one that is over ends now. It is known by its labels, which are the
/// same each time.
class Alertmanager final : public Notifier {
 public:
  explicit Alertmanager(AlertmanagerSettings settings);
  Outcome send(const Notification& notification, const transport::Cancelled& cancelled) override;

 private:
  const AlertmanagerSettings settings_;
  transport::HttpClient client_;
};

/// The body of the request; `now_ns` since 1970.
std::string alertmanager_alerts(const Notification& notification,
                                const AlertmanagerSettings& settings, std::int64_t now_ns);

}  // namespace mlmon::alert
