#pragma once

#include <mlmon/delivery.hpp>
#include <vector>

#include "plugins/retraining/target_settings.h"
#include "plugins/transport/http_client.h"

namespace mlmon::retraining {

/// Sends each request to every target whose `models` match.
class Targets final : public Router {
 public:
  explicit Targets(DeliverySetup& setup);
  std::vector<EndpointSpec> endpoints() const override;
  std::vector<std::uint32_t> route(const Item& item) const override;
  std::string describe(const Item& item, std::uint32_t endpoint) const override;

 private:
  const std::vector<TargetSettings> targets_;
};

/// Asks a system by HTTP, on a connection that it keeps.
class HttpSender {
 public:
  explicit HttpSender(std::unique_ptr<HttpTarget> target);
  Outcome send(const Item& item, const transport::Cancelled& cancelled);
  JobReport poll(const Item& item, const transport::Cancelled& cancelled);

 private:
  const std::unique_ptr<HttpTarget> target_;
  transport::HttpClient client_;
};

/// Delivers to one of them. An index of the queue is refused: the host delivers there itself.
class Target final : public Endpoint {
 public:
  Target(DeliverySetup& setup, std::uint32_t index);
  Outcome deliver(const Item& item) override;
  JobReport poll(const Item& item) override;

 private:
  // One of them.
  std::unique_ptr<transport::Sender> sender_;
  std::unique_ptr<HttpSender> http_;
};

}  // namespace mlmon::retraining
