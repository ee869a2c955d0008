#include "plugins/alert/webhook.h"

#include <mlmon/text.hpp>
#include <utility>
#include <vector>

#include "plugins/alert/signature.h"
#include "plugins/transport/http_outcome.h"

namespace mlmon::alert {

Webhook::Webhook(std::string receiver, transport::HttpSettings settings, std::string secret)
    : receiver_(std::move(receiver)), secret_(std::move(secret)), client_(std::move(settings)) {}

Outcome Webhook::send(const Item& item, const transport::Cancelled& cancelled) {
  Fields body;
  body.integer("version", 1).text("receiver", receiver_);
  body.json("alerts", "[" + std::string(item.json()) + "]");
  std::vector<transport::HttpClient::Header> headers = {
      {"Idempotency-Key", std::string(item.id())}};
  if (!secret_.empty()) {
    headers.emplace_back("X-Mlmon-Signature", "sha256=" + hmac_sha256(secret_, body.str()));
  }
  return transport::to_outcome(client_.send(body.str(), headers, cancelled));
}

}  // namespace mlmon::alert
