#pragma once

#include "plugins/retraining/targets/http_target.h"

namespace mlmon::retraining {

/// Type "mlflow": sets a tag on a version of a registered model, and then, if wanted, an alias. Both
/// overwrite, so that asking again does no harm. The tag's value is the action's id; whoever trains
/// sets it to "ID done" or "ID failed: why" in the end.
class Mlflow final : public HttpTarget {
 public:
  Mlflow(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;
  JobReport poll(const Request& request, transport::HttpTry& http) override;

 private:
  const templates::Template name_, version_;
  const std::string tag_, alias_;  // no alias: empty
};

}  // namespace mlmon::retraining
