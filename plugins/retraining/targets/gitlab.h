#pragma once

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "gitlab": starts a pipeline by a trigger token, which stands in the form and nowhere else. GitLab
/// has no field that would make a second request harmless, and the token cannot look one up: MLMON_ID lets
/// the pipeline see that it is the second.
class Gitlab final : public HttpTarget {
 public:
  Gitlab(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;

 private:
  const std::string path_, ref_, token_;
  const templates::JsonTemplate variables_;
};

}  // namespace mlmon::retraining
