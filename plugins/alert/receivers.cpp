#include "plugins/alert/receivers.h"

#include <string>

#include "plugins/alert/file.h"
#include "plugins/alert/webhook.h"

namespace mlmon::alert {
namespace {

std::string as_text(const Json& action) {
  std::string text = action.text("subject") + "\n  ";
  for (const char c : action.text("body")) {
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
  const Json action = item.read();
  std::vector<std::uint32_t> chosen;
  if (action.text("action") != "alert") return chosen;
  for (std::uint32_t i = 0; i < receivers_.size(); ++i) {
    if (receivers_[i].filter.lets_through(action)) chosen.push_back(i);
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
  tell(as_text(item.read()));
  return Outcome::delivered();
}

}  // namespace mlmon::alert
