#pragma once

#include <string>

#include "plugins/transport/http_client.h"
#include "plugins/transport/sender.h"

namespace mlmon::alert {

/// Posts `{"version":1,"receiver":NAME,"alerts":[action]}`, signed if there is a secret.
class Webhook final : public transport::Sender {
 public:
  Webhook(std::string receiver, transport::HttpSettings settings, std::string secret);
  Outcome send(const Item& item, const transport::Cancelled& cancelled) override;

 private:
  const std::string receiver_, secret_;
  transport::HttpClient client_;
};

}  // namespace mlmon::alert
