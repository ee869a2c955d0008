#pragma once

#include <mlmon/delivery.hpp>

namespace mlmon::alert {

/// The one receiver, "stderr": it gets every alert.
class StderrRouter final : public Router {
 public:
  explicit StderrRouter(DeliverySetup&) {}
  std::vector<EndpointSpec> endpoints() const override;
  std::vector<std::uint32_t> route(const Item& item) const override;
};

/// Tells subject and body as text, the lines of the body indented by two spaces.
class StderrReceiver final : public Endpoint {
 public:
  StderrReceiver(DeliverySetup&, std::uint32_t) {}
  Outcome deliver(const Item& item) override;
};

}  // namespace mlmon::alert
