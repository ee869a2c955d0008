#include "plugins/retraining/targets/airflow.h"

#include <mlmon/text.hpp>

#include "plugins/retraining/targets/answer.h"
#include "plugins/retraining/targets/parameters.h"
#include "plugins/transport/http_outcome.h"
#include "plugins/transport/url.h"

namespace mlmon::retraining {

using transport::HttpAnswer;
using transport::HttpRequest;
using transport::HttpTry;

Airflow::Airflow(const Json& table, std::int64_t timeout_ms)
    : HttpTarget(read_api_settings(table, timeout_ms)),
      v1_(table.has("api") && table.text("api") == "v1"),
      runs_("/api/" + std::string(v1_ ? "v1" : "v2") + "/dags/" +
            transport::percent_encode(read_text(table, "dag_id")) + "/dagRuns"),
      conf_(read_parameters(table, "conf", {"mlmon_id", "action"})) {}

std::vector<HttpRequest> Airflow::requests(const Request& request) const {
  Fields conf;
  conf.text("mlmon_id", request.id).json("action", request.json);
  Fields body;
  body.text("dag_run_id", request.run_id);
  // A logical date that another run has is a 409; version 1 refuses null, and makes one by itself.
  if (!v1_) body.json("logical_date", "null");
  body.json("conf", with_members(conf.str(), conf_.expand(request.lookup)));
  return {post(runs_, body.str())};
}

Outcome Airflow::send(const Request& request, HttpTry& http) {
  const HttpAnswer answer = ask(requests(request).front(), http);
  const Outcome outcome = expect_object(answer, "dag_run_id", request.run_id);
  return answer.failure.empty() && answer.status == 409 ? look_up(request, outcome, http) : outcome;
}

HttpRequest Airflow::get_run(const Request& request) const {
  return get(runs_ + "/" + request.run_id);
}

Outcome Airflow::look_up(const Request& request, const Outcome& conflict, HttpTry& http) {
  const HttpAnswer answer = ask(get_run(request), http);
  if (!accepted(answer)) {
    // Not this run, but another one with the same date: the conflict is what people have to read.
    return answer.failure.empty() && answer.status == 404 ? conflict : transport::to_outcome(answer);
  }
  if (answer.cut) return look_up_again(answer, "200 with the run " + request.run_id);
  const std::optional<Json> run = object_in(answer);
  if (!run) return nonsense(answer, "200 with the run " + request.run_id);
  if (text_at(*run, "conf.mlmon_id") == request.id) return Outcome::delivered();
  return nonsense(answer, "the run " + request.run_id + " with our conf.mlmon_id");
}

/// With the session's token, which is renewed when it is refused.
HttpAnswer Airflow::ask(HttpRequest request, HttpTry& http) {
  request.bearer = session_;
  HttpAnswer answer = http.send(request);
  const bool refused = answer.failure.empty() && answer.status == 401;
  if (!refused || v1_ || settings().username.empty()) return answer;
  HttpAnswer token = log_in(http);
  if (session_.empty()) return token.failure.empty() && token.status < 500 ? answer : token;
  request.bearer = session_;
  return http.send(request);
}

HttpAnswer Airflow::log_in(HttpTry& http) {
  Fields body;
  body.text("username", settings().username).text("password", settings().password);
  HttpAnswer answer = http.send(post("/auth/token", body.str()));
  const std::optional<Json> object = accepted(answer) ? object_in(answer) : std::nullopt;
  session_ = object ? text_at(*object, "access_token") : "";
  if (!session_.empty()) hide(session_);
  return answer;
}

JobReport Airflow::poll(const Request& request, HttpTry& http) {
  const HttpAnswer answer = ask(get_run(request), http);
  if (answer.failure.empty() && answer.status == 404) {
    return JobReport::cancelled("the run " + request.run_id + " is not there any more");
  }
  if (!accepted(answer)) return JobReport::open(transport::to_outcome(answer).text);
  const std::optional<Json> run = object_in(answer);
  const std::string state = run ? text_at(*run, "state") : "";
  if (state == "success") return JobReport::done();
  if (state == "failed") return JobReport::failed("the run " + request.run_id + " failed");
  if (state == "queued" || state == "running") return JobReport::open();
  return JobReport::open(nonsense(answer, "a run with its state").text);
}

}  // namespace mlmon::retraining
