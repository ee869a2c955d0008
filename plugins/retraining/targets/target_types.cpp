#include "plugins/retraining/targets/target_types.h"

#include <map>
#include <string_view>

#include "plugins/retraining/targets/airflow.h"
#include "plugins/retraining/targets/argo.h"
#include "plugins/retraining/targets/github.h"
#include "plugins/retraining/targets/gitlab.h"
#include "plugins/retraining/targets/jenkins.h"
#include "plugins/retraining/targets/kfp.h"
#include "plugins/retraining/targets/mlflow.h"
#include "plugins/retraining/targets/plain_http.h"
#include "plugins/retraining/targets/sagemaker.h"

namespace mlmon::retraining {
namespace {

using Keys = std::vector<std::string_view>;

/// With those of every target whose credentials are the usual ones.
Keys and_http(Keys keys) {
  keys.insert(keys.end(), {"ca_file", "headers", "token", "username", "password"});
  return keys;
}

template <class Type>
std::unique_ptr<HttpTarget> make(const Json& table, std::int64_t timeout_ms) {
  return std::make_unique<Type>(table, timeout_ms);
}

}  // namespace

const std::vector<transport::EndpointType>& target_types() {
  static const std::vector<transport::EndpointType> types = {
      {"queue", {}, {}},
      {"exec", {"command"}, {"env"}},
      {"http", {"url"}, and_http({"method", "body"})},
      {"airflow", {"url", "dag_id"}, and_http({"api", "conf", "poll"})},
      {"mlflow", {"url"}, and_http({"version", "tag", "alias", "poll"})},
      {"argo", {"url", "namespace", "template"}, and_http({"parameters", "poll"})},
      {"kfp",
       {"url", "pipeline_id"},
       and_http({"pipeline_version_id", "experiment_id", "parameters", "poll"})},
      {"github", {"repository"}, and_http({"url", "event_type", "workflow", "ref", "inputs"})},
      {"gitlab", {"project", "ref", "token"}, {"url", "variables", "ca_file", "headers"}},
      {"jenkins", {"url", "job"}, and_http({"parameters", "poll"})},
      {"sagemaker",
       {"pipeline", "region"},
       {"url", "access_key", "secret_key", "session_token", "parameters", "ca_file", "headers"}},
  };
  return types;
}

std::unique_ptr<HttpTarget> make_http_target(const Json& table, std::int64_t timeout_ms) {
  using Make = std::unique_ptr<HttpTarget> (*)(const Json&, std::int64_t);
  static const std::map<std::string_view, Make> makers = {
      {"http", make<PlainHttp>},  {"airflow", make<Airflow>}, {"mlflow", make<Mlflow>},
      {"argo", make<Argo>},       {"kfp", make<Kfp>},         {"github", make<Github>},
      {"gitlab", make<Gitlab>},   {"jenkins", make<Jenkins>}, {"sagemaker", make<Sagemaker>},
  };
  const auto found = makers.find(table.text("type"));
  return found == makers.end() ? nullptr : found->second(table, timeout_ms);
}

}  // namespace mlmon::retraining
