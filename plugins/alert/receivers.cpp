#include "plugins/alert/receivers.h"

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace mlmon::alert {
namespace {

/// The body's lines below the subject, indented.
std::string below(std::string text, std::string_view rest) {
  for (bool more = true; more;) {
    const std::size_t end = rest.find('\n');
    (text += "\n  ") += rest.substr(0, end);
    more = end != rest.npos;
    if (more) rest.remove_prefix(end + 1);
  }
  return text;
}

std::string for_terminal(const std::vector<Item>& items) {
  std::string_view subject, body;
  if (items.size() == 1) {  // most of them: no more is read than is shown
    Json::each_member(items[0].json(), [&](std::string_view name, std::string_view value) {
      if (name == "subject") subject = value;
      if (name == "body") body = value;
    });
  }
  if (subject.size() > 2 && subject.starts_with('"') && body.starts_with('"')) {
    return below(Json::text_from(subject), Json::text_from(body));
  }
  const Notification notification(items);
  return below(notification.subject(), notification.text());
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
  constexpr std::string_view kSuppressed = "\"suppressed\":";
  // Every alert comes here, and has many quotes: memmem does not stop at each.
  if (memmem(item.json().data(), item.json().size(), kSuppressed.data(), kSuppressed.size()) != nullptr) {
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
  groups_ = settings.groups();
  secrets_ = settings.secrets;
  if (settings.notifier) notifier_ = settings.notifier();
  if (settings.sender) sender_ = settings.sender();
  if (settings.kafka) kafka_ = settings.kafka();
}

Outcome Receiver::deliver(const Item& item) {
  if (!sender_) return deliver_group({item});
  return blanked(sender_->send(item, [this] { return cancelled(); }));
}

Outcome Receiver::deliver_group(const std::vector<Item>& items) {
  if (notifier_) return blanked(notifier_->send(Notification(items), [this] { return cancelled(); }));
  tell(for_terminal(items));  // where that fails, the host tries again
  return Outcome::delivered();
}

std::vector<Outcome> Receiver::deliver_each(const std::vector<Item>& items) {
  if (!kafka_) return Endpoint::deliver_each(items);
  std::vector<Outcome> outcomes = kafka_->send(items, [this] { return cancelled(); });
  for (Outcome& outcome : outcomes) outcome = blanked(std::move(outcome));
  return outcomes;
}

/// A peer may say secrets back.
Outcome Receiver::blanked(Outcome outcome) const {
  if (!outcome.text.empty()) outcome.text = secrets_.blank(std::move(outcome.text));
  return outcome;
}

}  // namespace mlmon::alert
