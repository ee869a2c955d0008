#include "plugins/retraining/targets/gitlab.h"

#include "plugins/retraining/targets/answer.h"
#include "plugins/retraining/targets/parameters.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {
namespace {

constexpr char kPublicGitlab[] = "https://gitlab.com";

/// A number, or GROUP/NAME, which is one segment of the path.
std::string read_project(const Json& table) {
  const Json& project = table.at("project");
  return project.is_number() ? std::to_string(project.integer()) : read_text(table, "project");
}

}  // namespace

Gitlab::Gitlab(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_api_settings(table, timeout_ms,
                                   {kPublicGitlab, transport::HttpKeys::Credentials::none})),
      path_("/api/v4/projects/" + transport::percent_encode(read_project(table)) +
            "/trigger/pipeline"),
      ref_(read_text(table, "ref")),
      token_(read_text(table, "token")),
      variables_(read_parameters(table, "variables", {"MLMON_ID"})) {
  hide(token_);
}

std::vector<transport::HttpRequest> Gitlab::requests(const Request& request) const {
  std::vector<std::pair<std::string, std::string>> form = {
      {"token", token_}, {"ref", ref_}, {"variables[MLMON_ID]", request.id}};
  for (auto& [name, value] : variables_.expand_texts(request.lookup)) {
    form.emplace_back("variables[" + name + "]", std::move(value));
  }
  transport::HttpRequest one = post(path_, transport::form_encode(form));
  one.content_type = "application/x-www-form-urlencoded";
  return {one};
}

Outcome Gitlab::send(const Request& request, transport::HttpTry& http) {
  return expect_object(http.send(requests(request).front()));
}

}  // namespace mlmon::retraining
