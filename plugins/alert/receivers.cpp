#include "plugins/alert/receivers.h"

#include <optional>
#include <string>
#include <string_view>

#include "plugins/alert/file.h"
#include "plugins/alert/webhook.h"

namespace mlmon::alert {
namespace {

std::string as_text(std::string_view action) {
  std::string text = Json::text_in(action, "subject") + "\n  ";
  for (const char c : Json::text_in(action, "body")) {
    text += c;
    if (c == '\n') text += "  ";
  }
  return text;
}

}  // namespace

Receivers::Receivers(DeliverySetup& setup) : receivers_(read_receivers(setup.config())) {}

std::vector<EndpointSpec> Receivers::endpoints() const {
  std::vector<EndpointSpec> specs;
  for (const ReceiverSettings& receiver : receivers_) specs.push_back(receiver.spec);
  return specs;
}

std::vector<std::uint32_t> Receivers::route(const Item& item) const {
  std::vector<std::uint32_t> chosen;
  if (Json::text_in(item.json(), "action") != "alert") return chosen;
  std::optional<Json> action;
  if (item.json().find("\"suppressed\":") != std::string_view::npos) {
    action = item.read();
    if (action->has("suppressed")) return chosen;  // nobody is to be told
  }
  for (std::uint32_t i = 0; i < receivers_.size(); ++i) {
    const ReceiverFilter& filter = receivers_[i].filter;
    if (!filter.open() && !action) action = item.read();
    if (filter.open() || filter.lets_through(*action)) chosen.push_back(i);
  }
  return chosen;
}

Receiver::Receiver(DeliverySetup& setup, std::uint32_t index) {
  const ReceiverSettings settings = read_receivers(setup.config()).at(index);
  if (settings.path) sender_ = std::make_unique<File>(*settings.path);
  if (settings.command) sender_ = std::make_unique<transport::Command>(*settings.command);
  if (settings.webhook) {
    sender_ = std::make_unique<Webhook>(settings.spec.name, *settings.webhook, settings.secret);
  }
}

Outcome Receiver::deliver(const Item& item) {
  if (sender_) return sender_->send(item, [this] { return cancelled(); });
  tell(as_text(item.json()));
  return Outcome::delivered();
}

}  // namespace mlmon::alert
