#pragma once

#include <mlmon/delivery.hpp>

namespace mlmon::retraining {

/// The one target: every request waits as a job in the embedded registry, which the host keeps.
class QueueRouter final : public Router {
 public:
  explicit QueueRouter(DeliverySetup&) {}
  std::vector<EndpointSpec> endpoints() const override;
  std::vector<std::uint32_t> route(const Item& item) const override;
};

}  // namespace mlmon::retraining
