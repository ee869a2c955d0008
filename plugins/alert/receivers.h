#pragma once

#include <memory>
#include <mlmon/delivery.hpp>
#include <vector>

#include "plugins/alert/receiver_settings.h"

namespace mlmon::alert {

/// Sends each alert to every receiver whose filter lets it through.
class Receivers final : public Router {
 public:
  explicit Receivers(DeliverySetup& setup);
  std::vector<EndpointSpec> endpoints() const override;
  std::vector<std::uint32_t> route(const Item& item) const override;

 private:
  const std::vector<ReceiverSettings> receivers_;
};

/// Delivers to one of them. stderr is told subject and body as text, the lines of the body indented
/// by two spaces.
class Receiver final : public Endpoint {
 public:
  Receiver(DeliverySetup& setup, std::uint32_t index);
  Outcome deliver(const Item& item) override;

 private:
  std::unique_ptr<transport::Sender> sender_;  // null: stderr
};

}  // namespace mlmon::alert
