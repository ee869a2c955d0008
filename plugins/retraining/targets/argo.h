#pragma once

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "argo": submits a workflow from a WorkflowTemplate to an Argo Server. The workflow's name is made
/// of the action's id; where it is taken (409) it is looked up, and is ours if a parameter holds our id.
class Argo final : public HttpTarget {
 public:
  Argo(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;
  JobReport poll(const Request& request, transport::HttpTry& http) override;

 private:
  Outcome look_up(const Request& request, const Outcome& conflict, transport::HttpTry& http);

  const std::string namespace_, template_;
  const std::string workflows_;  // path
  const templates::JsonTemplate parameters_;
};

}  // namespace mlmon::retraining
