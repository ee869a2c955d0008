#pragma once

#include <mlmon/delivery.hpp>
#include <vector>

#include "plugins/retraining/target_settings.h"

namespace mlmon::retraining {

/// Sends each request to every target whose `models` match.
class Targets final : public Router {
 public:
  explicit Targets(DeliverySetup& setup);
  std::vector<EndpointSpec> endpoints() const override;
  std::vector<std::uint32_t> route(const Item& item) const override;

 private:
  const std::vector<TargetSettings> targets_;
};

/// Delivers to one of them. An index of the queue is refused: the host delivers there itself.
class Target final : public Endpoint {
 public:
  Target(DeliverySetup& setup, std::uint32_t index);
  Outcome deliver(const Item& item) override;

 private:
  std::unique_ptr<transport::Sender> sender_;
};

}  // namespace mlmon::retraining
