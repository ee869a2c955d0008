#pragma once

#include <optional>

#include "plugins/retraining/targets/http_target.h"
#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// Type "github": a repository_dispatch event, or with `workflow` the dispatch of one workflow. GitHub
/// has no field that would make a second request harmless. A workflow whose `run-name` holds the input
/// mlmon_id is looked for before a request is repeated.
class Github final : public HttpTarget {
 public:
  Github(const Json& table, std::int64_t timeout_ms);

  std::vector<transport::HttpRequest> requests(const Request& request) const override;
  Outcome send(const Request& request, transport::HttpTry& http) override;

 private:
  /// Delivered: there is a run with our id in its title. A retry: nobody knows. Nothing: there is none, or the workflow
  /// does not have the id in its run-name.
  std::optional<Outcome> look_up(const Request& request, transport::HttpTry& http) const;
  transport::HttpRequest list(int page) const;
  static transport::HttpRequest versioned(transport::HttpRequest request);

  const std::string repository_;  // path
  const std::string event_type_;
  const std::string workflow_, ref_;  // no workflow: empty
  const templates::JsonTemplate inputs_;
};

}  // namespace mlmon::retraining
