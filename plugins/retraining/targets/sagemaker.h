#pragma once

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "sagemaker": starts an execution of a SageMaker pipeline, signed by AWS Signature Version 4. With
/// ClientRequestToken a second request gives the same execution. Keys that the configuration does not
/// name are those of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
class Sagemaker final : public HttpTarget {
 public:
  Sagemaker(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;

 private:
  const std::string pipeline_, session_token_;
  const templates::JsonTemplate parameters_;
};

}  // namespace mlmon::retraining
