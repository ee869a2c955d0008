#include "plugins/retraining/targets/argo.h"

#include <mlmon/text.hpp>

#include "plugins/retraining/targets/answer.h"
#include "plugins/retraining/targets/parameters.h"
#include "plugins/transport/http_outcome.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {
namespace {

/// A DNS label (RFC 1123): the id has no other characters than letters and digits.
std::string workflow_name(const Request& request) {
  std::string name = request.run_id;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

bool has_workflow_parameter(const Json& workflow, const std::string& id) {
  const Json* value = &workflow;
  for (const char* name : {"spec", "arguments", "parameters"}) {
    if (!value->is_object() || !value->has(name)) return false;
    value = &value->at(name);
  }
  if (!value->is_array()) return false;
  for (const Json& one : value->items()) {
    if (text_at(one, "name") == "mlmon_id" && text_at(one, "value") == id) return true;
  }
  return false;
}

}  // namespace

Argo::Argo(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_api_settings(table, timeout_ms)),
      namespace_(read_text(table, "namespace")),
      template_(read_text(table, "template")),
      workflows_("/api/v1/workflows/" + transport::percent_encode(namespace_)),
      parameters_(read_parameters(table, "parameters", {"mlmon_id"})) {}

std::vector<transport::HttpRequest> Argo::requests(const Request& request) const {
  std::string list;
  append_quoted(list, "mlmon_id=" + request.id);
  for (const auto& [name, value] : parameters_.expand_texts(request.lookup)) {
    list += ',';
    append_quoted(list, name + "=" + value);
  }
  Fields options;
  options.text("name", workflow_name(request)).json("parameters", "[" + list + "]");
  Fields body;
  body.text("namespace", namespace_).text("resourceKind", "WorkflowTemplate");
  body.text("resourceName", template_).json("submitOptions", options.str());
  return {post(workflows_ + "/submit", body.str())};
}

Outcome Argo::send(const Request& request, transport::HttpTry& http) {
  const transport::HttpAnswer answer = http.send(requests(request).front());
  const Outcome outcome = expect_object(answer, "metadata.name", workflow_name(request));
  return answer.failure.empty() && answer.status == 409 ? look_up(request, outcome, http) : outcome;
}

Outcome Argo::look_up(const Request& request, const Outcome& conflict, transport::HttpTry& http) {
  const transport::HttpAnswer answer = http.send(
      get(workflows_ + "/" + workflow_name(request) + "?fields=metadata.name,spec.arguments.parameters"));
  if (!accepted(answer)) {
    return answer.failure.empty() && answer.status == 404 ? conflict : transport::to_outcome(answer);
  }
  if (answer.cut) return look_up_again(answer, "200 with the workflow " + workflow_name(request));
  const std::optional<Json> workflow = object_in(answer);
  if (!workflow) return nonsense(answer, "200 with the workflow " + workflow_name(request));
  if (has_workflow_parameter(*workflow, request.id)) return Outcome::delivered();
  return nonsense(answer, "the workflow " + workflow_name(request) + " with our parameter mlmon_id");
}

JobReport Argo::poll(const Request& request, transport::HttpTry& http) {
  const std::string name = workflow_name(request);
  const transport::HttpAnswer answer =
      http.send(get(workflows_ + "/" + name + "?fields=status.phase,status.message"));
  if (answer.failure.empty() && answer.status == 404) {
    return JobReport::cancelled("the workflow " + name + " is not there any more");
  }
  if (!accepted(answer)) return JobReport::open(transport::to_outcome(answer).text);
  const std::optional<Json> workflow = object_in(answer);
  if (!workflow) return JobReport::open(nonsense(answer, "200 with the workflow").text);
  const std::string phase = text_at(*workflow, "status.phase");
  if (phase == "Succeeded") return JobReport::done();
  if (phase == "Failed" || phase == "Error") {
    const std::string message = text_at(*workflow, "status.message");
    return JobReport::failed(phase + (message.empty() ? "" : ": " + message));
  }
  return JobReport::open();
}

}  // namespace mlmon::retraining
