#include "plugins/retraining/targets/mlflow.h"

#include <mlmon/text.hpp>

#include "plugins/retraining/targets/answer.h"
#include "plugins/template/action_names.h"
#include "plugins/transport/http_outcome.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {
namespace {

templates::Template read_template(const Json& table, const char* key, const char* otherwise) {
  return {read_text(table, key, otherwise), table.path() + "." + key, templates::action_names()};
}

std::string tag_of(const Json& answer, const std::string& key) {
  if (!answer.has("model_version") || !answer.at("model_version").is_object()) return "";
  const Json& version = answer.at("model_version");
  if (!version.has("tags") || !version.at("tags").is_array()) return "";
  for (const Json& tag : version.at("tags").items()) {
    if (text_at(tag, "key") == key) return text_at(tag, "value");
  }
  return "";
}

/// "ID", "ID done", "ID failed: out of memory".
JobReport state_of(const std::string& tag, const std::string& id) {
  if (tag == id) return JobReport::open();
  if (!tag.starts_with(id + " ")) return JobReport::cancelled("the tag says \"" + tag + "\"");
  const std::string said = tag.substr(id.size() + 1);
  const std::size_t colon = std::min(said.find(':'), said.size());
  const std::size_t note = std::min(said.find_first_not_of(": ", colon), said.size());
  const std::string word = said.substr(0, colon);
  if (word == "done") return JobReport::done(said.substr(note));
  if (word == "failed") return JobReport::failed(said.substr(note));
  if (word == "cancelled") return JobReport::cancelled(said.substr(note));
  return JobReport::open();
}

}  // namespace

Mlflow::Mlflow(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_api_settings(table, timeout_ms)),
      name_(read_template(table, "name", "{model.name}")),
      version_(read_template(table, "version", "{model.version}")),
      tag_(read_text(table, "tag", "mlmon.retrain")),
      alias_(read_text(table, "alias")) {}

std::vector<transport::HttpRequest> Mlflow::requests(const Request& request) const {
  const std::string name = name_.expand(request.lookup), version = version_.expand(request.lookup);
  Fields tag;
  tag.text("name", name).text("version", version).text("key", tag_).text("value", request.id);
  std::vector<transport::HttpRequest> both = {
      post("/api/2.0/mlflow/model-versions/set-tag", tag.str())};
  if (alias_.empty()) return both;
  Fields alias;
  alias.text("name", name).text("alias", alias_).text("version", version);
  both.push_back(post("/api/2.0/mlflow/registered-models/alias", alias.str()));
  return both;
}

Outcome Mlflow::send(const Request& request, transport::HttpTry& http) {
  Outcome outcome = Outcome::delivered();
  for (const transport::HttpRequest& one : requests(request)) {
    outcome = expect_object(http.send(one));
    if (outcome.status != MLMON_DELIVERED) break;
  }
  return outcome;
}

JobReport Mlflow::poll(const Request& request, transport::HttpTry& http) {
  const transport::HttpAnswer answer = http.send(
      get("/api/2.0/mlflow/model-versions/get?name=" +
          transport::percent_encode(name_.expand(request.lookup)) +
          "&version=" + transport::percent_encode(version_.expand(request.lookup))));
  if (answer.failure.empty() && answer.status == 404) {
    return JobReport::cancelled("the model version is not there any more");
  }
  if (!accepted(answer)) return JobReport::open(transport::to_outcome(answer).text);
  const std::optional<Json> object = object_in(answer);
  if (!object) return JobReport::open(nonsense(answer, "200 with the model version").text);
  return state_of(tag_of(*object, tag_), request.id);
}

}  // namespace mlmon::retraining
