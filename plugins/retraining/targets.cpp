#include "plugins/retraining/targets.h"

#include <string>
#include <utility>

#include "plugins/transport/http_outcome.h"

namespace mlmon::retraining {
namespace {

/// Sends the action as it is.
class HttpTarget final : public transport::Sender {
 public:
  explicit HttpTarget(transport::HttpSettings settings) : client_(std::move(settings)) {}

  Outcome send(const Item& item, const transport::Cancelled& cancelled) override {
    return transport::to_outcome(client_.send(
        std::string(item.json()), {{"Idempotency-Key", std::string(item.id())}}, cancelled));
  }

 private:
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
  const TargetSettings target = read_targets(setup.config()).at(index);
  if (target.http) {
    sender_ = std::make_unique<HttpTarget>(*target.http);
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
