#pragma once

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "airflow": triggers a run of a DAG by Airflow's stable REST API, version 2 (Airflow 3) or 1
/// (Airflow 2). The run's id is made of the action's, so a second request for it is answered by 409;
/// then the run is looked up, and is ours if its conf holds our id.
///
/// Version 2 knows no Basic credentials: when they are refused, they are exchanged for a token.
class Airflow final : public HttpTarget {
 public:
  Airflow(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;
  JobReport poll(const Request& request, transport::HttpTry& http) override;

 private:
  transport::HttpRequest get_run(const Request& request) const;
  transport::HttpAnswer ask(transport::HttpRequest request, transport::HttpTry& http);
  transport::HttpAnswer log_in(transport::HttpTry& http);
  Outcome look_up(const Request& request, const Outcome& conflict, transport::HttpTry& http);

  const bool v1_;
  const std::string runs_;  // path
  const templates::JsonTemplate conf_;
  std::string session_;  // the token that the credentials were exchanged for
};

}  // namespace mlmon::retraining
