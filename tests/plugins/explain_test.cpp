// What the shipped observers say to the person who asks `mlmon why`, worked out by hand.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/plugins/fake_host.h"
#include "tests/plugins/rule_table.h"

namespace mlmon::testing {
namespace {

using Json = nlohmann::ordered_json;

const mlmon_class& retraining() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/retraining.so");
  return *plugin.classes[0];
}

const mlmon_class& alert() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/alert.so");
  return *plugin.classes[0];
}

Json rule_of(const Json& said, const std::string& name) {
  for (const Json& rule : said["rules"]) {
    if (rule["rule"] == name) return rule;
  }
  return nullptr;
}

Json retrain_rule(const std::string& config, const std::string& table, const std::string& name = "f1") {
  return rule_of(explain_after(retraining(), config, table), name);
}

Json alert_rule(const std::string& config, const std::string& table, const std::string& name = "low_f1") {
  return rule_of(explain_after(alert(), config, table), name);
}

TEST_CASE("explain: a rule that has seen nothing asks at its first breach") {
  const Json said = explain_after(retraining(), "{}", "");
  CHECK(said["notes"] == Json({"nothing was requested yet"}));
  REQUIRE(said["rules"].size() == 2);
  const Json f1 = said["rules"][0];
  CHECK(f1["rule"] == "f1");
  CHECK(f1["limit"] == "f1 below 0.75");
  CHECK(f1["below"] == 0.75);
  CHECK(f1["window"] == "1 figure");
  CHECK(f1["holds"] == false);
  CHECK(f1["since"].is_null());
  CHECK(f1["held"].is_null());
  CHECK(f1["next"] == "a request at the next event with f1 below 0.75");
  CHECK(f1["from"].is_null());
  CHECK(f1["after_job"].is_null());
  CHECK(said["rules"][1]["next"] == "a request at the next event with p_value below 0.05");
}

TEST_CASE("explain: an open job is waited for, and what it held back is told") {
  const Json said = explain_after(retraining(), "{}", "1 f1 0.5 ->\n 2 f1 0.5 ->\n 3 f1 0.4 ->");
  const Json f1 = rule_of(said, "f1");
  CHECK(f1["holds"] == true);
  CHECK(f1["since"] == "2026-01-02T00:00:00Z");
  CHECK(f1["held"]["why"] == "job_open");
  CHECK(f1["held"]["since"] == "2026-01-03T00:00:00Z");
  CHECK(f1["held"]["until"].is_null());
  CHECK(f1["after_job"] == "action-1");
  CHECK(f1["next"] == "a request at the next event with f1 below 0.75, not older than 2026-01-02T00:00:00Z, "
                      "once job action-1 has ended");
  CHECK(said["notes"][0] == "the last request was at 2026-01-02T00:00:00Z: job action-1 is open");
  CHECK(rule_of(said, "drift")["after_job"] == "action-1");
  CHECK(rule_of(said, "drift")["held"].is_null());
}

TEST_CASE("explain: spans that are not over are told with their ends") {
  const std::string config = R"({"cooldown":"10d","job_timeout":"4d"})";
  Json f1 = retrain_rule(config, "1 f1 0.5 ->\n 2 f1 0.5 ->");
  CHECK(f1["held"]["until"] == "2026-01-06T00:00:00Z");
  CHECK(f1["from"] == "2026-01-12T00:00:00Z");
  CHECK(f1["next"].get<std::string>().ends_with(
      ", once job action-1 has ended or from 2026-01-06T00:00:00Z on (job_timeout), "
      "from 2026-01-12T00:00:00Z on (cooldown)"));
  f1 = retrain_rule(config, "1 f1 0.5 ->\n 2 job action-1 ->\n 3 f1 0.5 ->");
  CHECK(f1["after_job"].is_null());
  CHECK(f1["held"]["why"] == "cooldown");
  CHECK(f1["from"] == "2026-01-12T00:00:00Z");
  // Other events have moved the model's time on.
  f1 = retrain_rule(config, "1 f1 0.5 ->\n 2 job action-1 ->\n 3 f1 0.5 ->\n 11 f1 0.9 ->");
  CHECK(f1["from"].is_null());
  CHECK(f1["next"] ==
        "a request at the next event with f1 below 0.75, not older than 2026-01-12T00:00:00Z");
  CHECK(f1["held"]["why"] == "cooldown");
}

TEST_CASE("explain: grace and budget have ends too") {
  CHECK(retrain_rule(R"({"grace":"7d"})", "1 f1 0.5 ->")["from"] == "2026-01-08T00:00:00Z");
  CHECK(retrain_rule(R"({"grace":"7d"})", "7 f1 0.9 ->")["from"].is_null());
  const Json spent = retrain_rule(R"({"budget":"1/30d"})", "1 b: f1 0.5 ->\n 2 f1 0.5 ->");
  CHECK(spent["held"]["why"] == "budget");
  CHECK(spent["from"] == "2026-02-01T00:00:00Z");
  CHECK(spent["next"].get<std::string>().ends_with("from 2026-02-01T00:00:00Z on (budget)"));
  // Less may be spent now than was before: nothing of what is kept changes by asking.
  const std::string table = "1 b: f1 0.5 ->\n 2 c: f1 0.5 ->\n 3 f1 0.9 ->";
  CHECK(retrain_rule(R"({"budget":"2/30d"})", table)["from"] == "2026-02-01T00:00:00Z");
}

TEST_CASE("explain: a smaller budget than before counts the newest requests") {
  FakeObserverHost before(*retraining().observer, R"({"min_f1":0.75,"max_p_value":false,"budget":"3/30d"})");
  std::int64_t day = 0;
  for (const mlmon_model model : {1u, 2u, 3u}) {
    REQUIRE(before.on_batch({metrics(model, 0.5, ++day * 86'400'000'000'000)}) == MLMON_OK);
  }
  FakeObserverHost now(*retraining().observer, R"({"min_f1":0.75,"max_p_value":false,"budget":"1/30d"})");
  now.state = before.state;
  CHECK(rule_of(now.explain(4), "f1")["from"] == "1970-02-03T00:00:00Z");
  CHECK(now.state == before.state);
}

TEST_CASE("explain: how many more figures a window needs") {
  const std::string config = R"({"for":"3/5"})";
  Json f1 = retrain_rule(config, "1 f1 0.5 ->\n 2 f1 0.9 ->");
  CHECK(f1["window"] == "3 of the last 5 figures; now 1 of them is beyond the limit");
  CHECK(f1["next"] == "a request after 2 more events in a row with f1 below 0.75");
  CHECK(f1["held"]["why"] == "for");
  // Of the last five one falls out with each that comes.
  f1 = retrain_rule(config, "1 f1 0.5 ->\n 2 f1 0.9 ->\n 3 f1 0.9 ->\n 4 f1 0.9 ->\n 5 f1 0.9 ->");
  CHECK(f1["next"] == "a request after 3 more events in a row with f1 below 0.75");
  CHECK(alert_rule(config, "1 f1 0.5 ->\n 2 f1 0.5 ->\n 3 f1 0.5 ->\n 4 f1 0.5 ->")["next"] ==
        "resolved after 3 more events in a row with f1 of at least 0.6, not older than 2026-01-04T00:00:00Z");
}

TEST_CASE("explain: what `require` waits for") {
  Json drift = retrain_rule(R"({"require":"confirmed"})", "1 p 0.01 ->", "drift");
  CHECK(drift["held"]["why"] == "require");
  CHECK(drift["next"].get<std::string>().ends_with("once f1 holds (require = \"confirmed\")"));
  drift = retrain_rule(R"({"require":"confirmed","min_f1":false})", "1 p 0.01 ->", "drift");
  CHECK(drift["next"].get<std::string>().find("of which there is none") != std::string::npos);
  const std::string more = R"({"require":"all","rules":[{"name":"auc","metric":"auc","below":0.8}]})";
  CHECK(retrain_rule(more, "1 f1 0.5 ->")["next"].get<std::string>().ends_with(
      "once drift and auc hold (require = \"all\")"));
  CHECK(retrain_rule(more, "1 p 0.01 ->\n 2 auc 0.5 ->")["next"] ==
        "a request at the next event with f1 below 0.75");
}

TEST_CASE("explain: sample sizes and magnitudes that count") {
  const std::string config = R"({"min_samples":100,"min_magnitude":0.2})";
  CHECK(retrain_rule(config, "", "drift")["next"] ==
        "a request at the next event with p_value below 0.05, of a magnitude of at least 0.2, "
        "of at least 100 samples");
  CHECK(alert_rule(config, "", "drift")["next"] ==
        "firing at the next event with p_value below 0.05, of a magnitude of at least 0.2, "
        "of at least 100 samples");
}

TEST_CASE("explain: limits by a baseline, and figures that end a rule") {
  const std::string config = R"({"min_f1":false,"max_p_value":false,"rules":[
    {"name":"rmse","metric":"rmse","rise":"10%","baseline":3},
    {"name":"auc","metric":"auc","below":0.8,"clear":0.85},
    {"name":"others","metric":"f1","below":0.5,"models":["other*"]}]})";
  const Json said = explain_after(retraining(), config, "1 rmse 2 ->\n 2 auc 0.7 ->");
  const Json rmse = rule_of(said, "rmse");
  CHECK(rmse["limit"] == "rmse more than its baseline by 10%; the baseline has 1 of its 3 figures");
  CHECK(rmse["next"] == "a request once the baseline is complete (2 more figures), at the next event with "
                        "rmse more than its baseline by 10%, once job action-1 has ended");
  CHECK(rmse["baseline"] == Json({{"figures", 1}, {"of", 3}, {"mean", 2.0}}));
  CHECK_FALSE(rmse.contains("above"));
  CHECK(rule_of(said, "auc")["limit"] == "auc below 0.8; over at least 0.85");
  CHECK(rule_of(said, "others")["applies"] == false);
  CHECK(rule_of(said, "others")["next"] == "nothing: its `models` leave this one out");
  const Json complete = retrain_rule(config, "1 rmse 2 ->\n 2 rmse 2 ->\n 3 rmse 2 ->", "rmse");
  CHECK(complete["limit"] == "rmse above 2.2; the baseline is 2");
  CHECK(complete["above"] == 2.2);
}

TEST_CASE("explain: an alert that fires says what resolves it") {
  Json low = alert_rule("{}", "1 f1 0.5 ->");
  CHECK(low["holds"] == true);
  CHECK(low["severity"] == "critical");
  CHECK(low["next"] == "resolved at the next event with f1 of at least 0.6, not older than 2026-01-02T00:00:00Z");
  CHECK(alert_rule(R"({"resolve":false})", "1 f1 0.5 ->")["next"].get<std::string>().ends_with(
      "; nobody is told of that (resolve = false)"));
  CHECK(alert_rule(R"({"repeat":"2d"})", "1 f1 0.5 ->")["next"].get<std::string>().ends_with(
      "; told again at an event for which it still holds from 2026-01-04T00:00:00Z on (repeat)"));
  const std::string inhibited = R"({"rules":[{"name":"auc","metric":"auc","below":0.8,"inhibited_by":["low_f1"]}]})";
  CHECK(alert_rule(inhibited, "1 f1 0.5 ->", "auc")["next"] ==
        "firing at the next event with auc below 0.8; nobody is told of that (inhibited by low_f1)");
}

TEST_CASE("explain: a flapping alert is silent until it is quiet") {
  const Json low = alert_rule(R"({"flap":"2/5d"})", "1 f1 0.5 ->\n 2 f1 0.9 ->\n 3 f1 0.5 ->");
  CHECK(low["next"].get<std::string>().find("it is flapping") != std::string::npos);
  CHECK(low["next"].get<std::string>().ends_with("from 2026-01-09T00:00:00Z on (flap)"));
}

}  // namespace
}  // namespace mlmon::testing
