#include "plugins/retraining/targets/jenkins.h"

#include "plugins/retraining/targets/answer.h"
#include "plugins/retraining/targets/parameters.h"
#include "plugins/transport/http_outcome.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {
namespace {

using transport::HttpAnswer;

transport::HttpSettings read_jenkins_settings(const Json& table, std::int64_t timeout_ms) {
  const auto credentials = table.has("password")
                               ? transport::HttpKeys::Credentials::usual
                               : transport::HttpKeys::Credentials::token_is_password;
  transport::HttpSettings settings = read_api_settings(table, timeout_ms, {"", credentials});
  settings.keeps_session = true;  // a crumb is one of a session
  return settings;
}

/// "/job/FOLDER/job/NAME" of "FOLDER/NAME".
std::string read_job(const Json& table) {
  const std::string job = read_text(table, "job");
  std::string path;
  for (std::size_t at = 0; at <= job.size();) {
    const std::size_t end = std::min(job.find('/', at), job.size());
    if (end == at) {
      throw config_error(table.path() + ".job: expected the job's name after its folders, \"F/JOB\"");
    }
    path += "/job/" + transport::percent_encode(job.substr(at, end - at));
    at = end + 1;
  }
  return path;
}

bool has_parameter(const Json& build, const std::string& id) {
  if (!build.is_object() || !build.has("actions") || !build.at("actions").is_array()) return false;
  for (const Json& action : build.at("actions").items()) {
    if (!action.is_object() || !action.has("parameters")) continue;
    const Json& parameters = action.at("parameters");
    if (!parameters.is_array()) continue;
    for (const Json& one : parameters.items()) {
      if (text_at(one, "name") == "MLMON_ID" && text_at(one, "value") == id) return true;
    }
  }
  return false;
}

}  // namespace

Jenkins::Jenkins(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_jenkins_settings(table, timeout_ms)),
      job_(read_job(table)),
      parameters_(read_parameters(table, "parameters", {"MLMON_ID"})) {}

std::vector<transport::HttpRequest> Jenkins::requests(const Request& request) const {
  std::vector<std::pair<std::string, std::string>> form = {{"MLMON_ID", request.id}};
  for (auto& field : parameters_.expand_texts(request.lookup)) form.push_back(std::move(field));
  transport::HttpRequest one = post(job_ + "/buildWithParameters", transport::form_encode(form));
  one.content_type = "application/x-www-form-urlencoded";
  return {one};
}

Outcome Jenkins::send(const Request& request, transport::HttpTry& http) {
  transport::HttpRequest one = requests(request).front();
  HttpAnswer answer = http.send(one);
  const bool refused = answer.failure.empty() && answer.status == 403;
  if (refused && answer.body.find("crumb") != std::string::npos) {
    if (auto crumb = fetch_crumb(http)) {
      one.headers.push_back(std::move(*crumb));
      answer = http.send(one);
    }
  }
  if (!accepted(answer)) return transport::to_outcome(answer);
  return answer.status == 201 ? Outcome::delivered() : nonsense(answer, "201");
}

std::optional<transport::HttpRequest::Header> Jenkins::fetch_crumb(transport::HttpTry& http) const {
  const HttpAnswer answer = http.send(get("/crumbIssuer/api/json"));
  const std::optional<Json> object = accepted(answer) ? object_in(answer) : std::nullopt;
  if (!object) return std::nullopt;
  const std::string field = text_at(*object, "crumbRequestField"), crumb = text_at(*object, "crumb");
  // Of a server: what could end the header and begin another is no crumb.
  const bool plain = (field + crumb).find_first_of("\r\n:") == std::string::npos;
  if (field.empty() || crumb.empty() || !plain) return std::nullopt;
  return transport::HttpRequest::Header{field, crumb};
}

JobReport Jenkins::poll(const Request& request, transport::HttpTry& http) {
  const HttpAnswer answer = http.send(
      get(job_ + "/api/json?tree=builds%5Bnumber,result,actions%5Bparameters%5Bname,value%5D%5D%5D"));
  if (!accepted(answer)) return JobReport::open(transport::to_outcome(answer).text);
  const std::optional<Json> object = object_in(answer);
  if (!object || !object->has("builds") || !object->at("builds").is_array()) {
    return JobReport::open(nonsense(answer, "200 with a list of builds").text);
  }
  for (const Json& build : object->at("builds").items()) {
    if (!has_parameter(build, request.id)) continue;
    const std::string result = text_at(build, "result");
    if (result.empty()) return JobReport::open();
    if (result == "SUCCESS") return JobReport::done();
    const std::string number = build.has("number") ? " " + build.at("number").dump() : "";
    const std::string note = "build" + number + ": " + result;
    return result == "ABORTED" ? JobReport::cancelled(note) : JobReport::failed(note);
  }
  return JobReport::open();  // in the queue
}

}  // namespace mlmon::retraining
