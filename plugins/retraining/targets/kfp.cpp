#include "plugins/retraining/targets/kfp.h"

#include <mlmon/text.hpp>

#include "plugins/retraining/targets/answer.h"
#include "plugins/retraining/targets/parameters.h"
#include "plugins/transport/http_outcome.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {
namespace {

constexpr std::string_view kRuns = "/apis/v2beta1/runs";

/// The run of this name in an answer; null: there is none.
const Json* run_in(const Json& answer, const std::string& name) {
  if (!answer.has("runs") || !answer.at("runs").is_array()) return nullptr;
  for (const Json& run : answer.at("runs").items()) {
    if (text_at(run, "display_name") == name) return &run;
  }
  return nullptr;
}

}  // namespace

Kfp::Kfp(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_api_settings(table, timeout_ms)),
      pipeline_(read_text(table, "pipeline_id")),
      version_(read_text(table, "pipeline_version_id")),
      experiment_(read_text(table, "experiment_id")),
      parameters_(read_parameters(table, "parameters", {})) {}

transport::HttpRequest Kfp::find(const Request& request) const {
  Fields predicate;
  predicate.text("key", "display_name").text("operation", "EQUALS");
  predicate.text("string_value", request.run_id);
  Fields filter;
  filter.json("predicates", "[" + predicate.str() + "]");
  std::string query = "?filter=" + transport::percent_encode(filter.str());
  if (!experiment_.empty()) query += "&experiment_id=" + transport::percent_encode(experiment_);
  return get(std::string(kRuns) + query);
}

std::vector<transport::HttpRequest> Kfp::requests(const Request& request) const {
  Fields pipeline;
  pipeline.text("pipeline_id", pipeline_);
  if (!version_.empty()) pipeline.text("pipeline_version_id", version_);
  Fields runtime;
  runtime.json("parameters", parameters_.expand(request.lookup));
  Fields body;
  body.text("display_name", request.run_id);
  if (!experiment_.empty()) body.text("experiment_id", experiment_);
  body.json("pipeline_version_reference", pipeline.str()).json("runtime_config", runtime.str());
  return {find(request), post(kRuns, body.str())};
}

Outcome Kfp::send(const Request& request, transport::HttpTry& http) {
  const std::vector<transport::HttpRequest> both = requests(request);
  const transport::HttpAnswer found = http.send(both[0]);
  Outcome outcome = expect_object(found);
  if (outcome.status != MLMON_DELIVERED) return outcome;
  const std::optional<Json> runs = object_in(found);
  if (runs ? run_in(*runs, request.run_id) != nullptr : names(found.body, request.run_id)) {
    return Outcome::delivered();
  }
  return expect_object(http.send(both[1]), "display_name", request.run_id);
}

JobReport Kfp::poll(const Request& request, transport::HttpTry& http) {
  const transport::HttpAnswer answer = http.send(find(request));
  if (!accepted(answer)) return JobReport::open(transport::to_outcome(answer).text);
  const std::optional<Json> runs = object_in(answer);
  if (!runs) return JobReport::open(nonsense(answer, "200 with a list of runs").text);
  const Json* run = run_in(*runs, request.run_id);
  if (!run) return JobReport::cancelled("the run " + request.run_id + " is not there any more");
  const std::string state = text_at(*run, "state");
  if (state == "SUCCEEDED") return JobReport::done();
  if (state == "FAILED") {
    const std::string why = text_at(*run, "error.message");
    return JobReport::failed(why.empty() ? "the run " + request.run_id + " failed" : why);
  }
  const bool ended = state == "CANCELED" || state == "SKIPPED";
  return ended ? JobReport::cancelled(state) : JobReport::open();
}

}  // namespace mlmon::retraining
