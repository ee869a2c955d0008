#include "plugins/retraining/targets/sagemaker.h"

#include <cstdlib>
#include <mlmon/text.hpp>

#include "plugins/retraining/targets/answer.h"
#include "plugins/retraining/targets/parameters.h"
#include "plugins/transport/excerpt.h"

namespace mlmon::retraining {
namespace {

constexpr std::size_t kShortestToken = 32;

std::string key_or_variable(const Json& table, const char* key, const char* variable) {
  if (table.has(key)) return read_text(table, key);
  const char* value = std::getenv(variable);
  return value ? value : "";
}

std::string endpoint_of(const std::string& region) {
  return "https://api.sagemaker." + region + ".amazonaws.com" +
         (region.starts_with("cn-") ? ".cn" : "");
}

transport::HttpSettings read_sagemaker_settings(const Json& table, std::int64_t timeout_ms) {
  const std::string region = read_text(table, "region");
  if (region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != region.npos) {
    throw config_error(table.path() + ".region: expected a region such as \"eu-central-1\"");
  }
  if (table.has("access_key") != table.has("secret_key")) {
    throw config_error(table.path() + ": expected access_key and secret_key together");
  }
  transport::HttpSettings settings = read_api_settings(
      table, timeout_ms, {endpoint_of(region), transport::HttpKeys::Credentials::none});
  settings.sigv4 = "aws:amz:" + region + ":sagemaker";
  settings.username = key_or_variable(table, "access_key", "AWS_ACCESS_KEY_ID");
  settings.password = key_or_variable(table, "secret_key", "AWS_SECRET_ACCESS_KEY");
  return settings;
}

/// Nobody's but the configuration's where that names the keys.
std::string read_session_token(const Json& table) {
  if (table.has("access_key") && !table.has("session_token")) return "";
  return key_or_variable(table, "session_token", "AWS_SESSION_TOKEN");
}

/// 32 to 128 characters that the action's id determines.
std::string request_token(const Request& request) {
  std::string token = request.run_id;
  while (token.size() < kShortestToken) token += '-';
  return token;
}

}  // namespace

Sagemaker::Sagemaker(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_sagemaker_settings(table, timeout_ms)),
      pipeline_(read_text(table, "pipeline")),
      session_token_(read_session_token(table)),
      parameters_(read_parameters(table, "parameters", {"mlmon_id"})) {
  hide(session_token_);
}

std::vector<transport::HttpRequest> Sagemaker::requests(const Request& request) const {
  const auto parameter = [](const std::string& name, const std::string& value) {
    Fields one;
    one.text("Name", name).text("Value", value);
    return one.str();
  };
  std::string list = parameter("mlmon_id", request.id);
  for (const auto& [name, value] : parameters_.expand_texts(request.lookup)) {
    list += "," + parameter(name, value);
  }
  Fields body;
  body.text("PipelineName", pipeline_).text("ClientRequestToken", request_token(request));
  body.json("PipelineParameters", "[" + list + "]");
  transport::HttpRequest one = post("/", body.str());
  one.content_type = "application/x-amz-json-1.1";
  one.headers = {{"X-Amz-Target", "SageMaker.StartPipelineExecution"}};
  if (!session_token_.empty()) one.headers.emplace_back("X-Amz-Security-Token", session_token_);
  return {one};
}

Outcome Sagemaker::send(const Request& request, transport::HttpTry& http) {
  if (settings().username.empty() || settings().password.empty()) {
    return Outcome::retry("no keys: set access_key and secret_key, or AWS_ACCESS_KEY_ID and "
                          "AWS_SECRET_ACCESS_KEY in the environment");
  }
  const transport::HttpAnswer answer = http.send(requests(request).front());
  // AWS says this by 400, where others say 429.
  const bool throttled = answer.failure.empty() && answer.status == 400 &&
                         answer.body.find("ThrottlingException") != std::string::npos;
  if (throttled) return Outcome::retry(transport::with_excerpt("HTTP 400", answer.body));
  return expect_object(answer);
}

}  // namespace mlmon::retraining
