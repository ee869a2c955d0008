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

/// Delivers to one of them. stderr is told subject and body as text, the lines of the body indented by two
/// spaces.
class Receiver final : public Endpoint {
 public:
  Receiver(DeliverySetup& setup, std::uint32_t index);
  bool groups() const override { return groups_; }
  Outcome deliver(const Item& item) override;
  Outcome deliver_group(const std::vector<Item>& items) override;
  std::vector<Outcome> deliver_each(const std::vector<Item>& items) override;

 private:
  Outcome blanked(Outcome outcome) const;

  bool groups_ = false;
  transport::Secrets secrets_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<transport::Sender> sender_;
  std::unique_ptr<Kafka> kafka_;  // none of the three: stderr
};

}  // namespace mlmon::alert
