#include "plugins/retraining/targets/github.h"

#include <algorithm>
#include <mlmon/text.hpp>

#include "plugins/retraining/targets/answer.h"
#include "plugins/retraining/targets/parameters.h"
#include "plugins/transport/http_outcome.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {
namespace {

constexpr char kPublicGithub[] = "https://api.github.com";
constexpr std::size_t kOnPage = 3;  // runs: each has some 15 KB, and little of an answer is read
constexpr int kPages = 7;

/// "/repos/OWNER/NAME".
std::string read_repository(const Json& table) {
  const std::string name = read_text(table, "repository");
  const std::size_t slash = name.find('/');
  const bool plain = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789-._/") == name.npos;
  if (!plain || slash == name.npos || slash == 0 || slash + 1 == name.size() ||
      name.find('/', slash + 1) != name.npos) {
    throw config_error(table.path() + ".repository: expected OWNER/NAME");
  }
  return "/repos/" + name;
}

}  // namespace

Github::Github(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_api_settings(table, timeout_ms, {kPublicGithub})),
      repository_(read_repository(table)),
      event_type_(read_text(table, "event_type", "retrain")),
      workflow_(read_text(table, "workflow")),
      ref_(read_text(table, "ref", "main")),
      inputs_(read_parameters(table, "inputs", {"mlmon_id"})) {
  if (!workflow_.empty()) {
    if (!table.has("event_type")) return;
    throw config_error(table.path() + ".event_type: expected either event_type or workflow");
  }
  for (const char* key : {"ref", "inputs"}) {
    if (table.has(key)) throw config_error(table.path() + "." + key + ": goes with workflow only");
  }
}

transport::HttpRequest Github::versioned(transport::HttpRequest request) {
  request.headers = {{"Accept", "application/vnd.github+json"},
                     {"X-GitHub-Api-Version", "2022-11-28"}};
  return request;
}

std::vector<transport::HttpRequest> Github::requests(const Request& request) const {
  Fields body;
  if (workflow_.empty()) {
    Fields payload;
    payload.text("mlmon_id", request.id).json("action", request.json);
    body.text("event_type", event_type_).json("client_payload", payload.str());
    return {versioned(post(repository_ + "/dispatches", body.str()))};
  }
  Fields inputs;
  for (const auto& [name, value] : inputs_.expand_texts(request.lookup)) inputs.text(name, value);
  inputs.text("mlmon_id", request.id);
  body.text("ref", ref_).json("inputs", inputs.str());
  return {versioned(post(repository_ + "/actions/workflows/" +
                             transport::percent_encode(workflow_) + "/dispatches",
                         body.str()))};
}

Outcome Github::send(const Request& request, transport::HttpTry& http) {
  if (request.attempt > 1 && !workflow_.empty()) {
    std::optional<Outcome> known = look_up(request, http);
    if (known) return *std::move(known);
  }
  const transport::HttpAnswer answer = http.send(requests(request).front());
  if (!accepted(answer)) return transport::to_outcome(answer);
  if (answer.status == 204) return Outcome::delivered();
  // The answer of newer versions says which run it is.
  if (!workflow_.empty() && answer.status == 200 && object_in(answer)) return Outcome::delivered();
  return nonsense(answer, "204");
}

transport::HttpRequest Github::list(int page) const {
  return versioned(get(repository_ + "/actions/workflows/" + transport::percent_encode(workflow_) +
                       "/runs?event=workflow_dispatch&per_page=" + std::to_string(kOnPage) +
                       "&page=" + std::to_string(page)));
}

std::optional<Outcome> Github::look_up(const Request& request, transport::HttpTry& http) const {
  for (int page = 1; page <= kPages; ++page) {
    const transport::HttpAnswer answer = http.send(list(page));
    const std::optional<Json> object = accepted(answer) ? object_in(answer) : std::nullopt;
    if (!object || !object->has("workflow_runs") || !object->at("workflow_runs").is_array()) {
      return look_up_again(answer, "200 with a list of runs");
    }
    const std::vector<Json>& runs = object->at("workflow_runs").items();
    const bool known = std::any_of(runs.begin(), runs.end(), [&](const Json& run) {
      return text_at(run, "display_title").find(request.id) != std::string::npos;
    });
    if (known) return Outcome::delivered();
    if (runs.size() < kOnPage) break;
  }
  return std::nullopt;
}

}  // namespace mlmon::retraining
