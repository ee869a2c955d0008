#pragma once

#include <optional>

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "kfp": starts a run of a pipeline by the API v2beta1 of Kubeflow Pipelines, which has no field
/// that would make a second request harmless: a run of our name is looked for first.
class Kfp final : public HttpTarget {
 public:
  Kfp(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;
  JobReport poll(const Request& request, transport::HttpTry& http) override;

 private:
  transport::HttpRequest find(const Request& request) const;

  const std::string pipeline_, version_, experiment_;  // empty: not given
  const templates::JsonTemplate parameters_;
};

}  // namespace mlmon::retraining
