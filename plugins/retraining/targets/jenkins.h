#pragma once

#include <optional>

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "jenkins": a build of a job with parameters. Jenkins makes one of requests with the same
/// parameters while they are in its queue. A crumb is fetched when Jenkins asks for one, which it does
/// unless a user's token is given.
class Jenkins final : public HttpTarget {
 public:
  Jenkins(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;
  JobReport poll(const Request& request, transport::HttpTry& http) override;

 private:
  std::optional<transport::HttpRequest::Header> fetch_crumb(transport::HttpTry& http) const;

  const std::string job_;  // path
  const templates::JsonTemplate parameters_;
};

}  // namespace mlmon::retraining
