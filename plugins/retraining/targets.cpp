#include "plugins/retraining/targets.h"

#include <string>
#include <utility>

#include "plugins/transport/http_client.h"

namespace mlmon::retraining {
namespace {

/// Asks a system by HTTP.
class HttpSender final : public transport::Sender {
 public:
  explicit HttpSender(std::unique_ptr<HttpTarget> target)
      : target_(std::move(target)), client_(target_->settings()) {}

  Outcome send(const Item& item, const transport::Cancelled& cancelled) override {
    transport::HttpTry http(client_, cancelled);
    Outcome outcome = target_->send(Request(item), http);
    outcome.text = target_->secrets().blank(std::move(outcome.text));
    return outcome;
  }

 private:
  const std::unique_ptr<HttpTarget> target_;
  transport::HttpClient client_;
};

}  // namespace

Targets::Targets(DeliverySetup& setup) : targets_(read_targets(setup.config())) {}

std::vector<EndpointSpec> Targets::endpoints() const {
  std::vector<EndpointSpec> specs;
  for (const TargetSettings& target : targets_) specs.push_back(target.spec);
  return specs;
}

std::vector<std::uint32_t> Targets::route(const Item& item) const {
  const Json action = item.read();
  std::vector<std::uint32_t> chosen;
  if (action.text("action") != "retrain") return chosen;
  for (std::uint32_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i].models.match_model_of(action)) chosen.push_back(i);
  }
  return chosen;
}

Target::Target(DeliverySetup& setup, std::uint32_t index) {
  TargetSettings target = std::move(read_targets(setup.config()).at(index));
  if (target.http) {
    sender_ = std::make_unique<HttpSender>(std::move(target.http));
  } else if (target.command) {
    sender_ = std::make_unique<transport::Command>(*target.command);
  } else {
    setup.host().set_error("the embedded queue is delivered to by the host");
    throw host_error(MLMON_E_UNSUPPORTED);
  }
}

Outcome Target::deliver(const Item& item) {
  return sender_->send(item, [this] { return cancelled(); });
}

}  // namespace mlmon::retraining
