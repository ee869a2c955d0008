// What the alert plugin tells and when, key by key, against tables that were worked out by hand.

#include <catch2/catch.hpp>

#include "tests/plugins/fake_host.h"
#include "tests/plugins/rule_table.h"

namespace mlmon::testing {
namespace {

const mlmon_class& alert() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/alert.so");
  return *plugin.classes[0];
}

void check(const std::string& config, const std::string& table) {
  check_table(alert(), config, table);
}

std::string refused(const std::string& config) {
  FakeObserverHost host(*alert().observer, config);
  CHECK(host.created == MLMON_E_CONFIG);
  return host.error;
}

TEST_CASE("alerts: a rule fires when it starts to hold and is resolved when it stops") {
  check("{}", R"(
    1 f1 0.59       -> low_f1 firing
    2 f1 0.5        ->
    3 p 0.01        -> drift firing
    4 f1 0.6        -> low_f1 resolved
    2 f1 0.5        -> low_f1 late
    3 f1 0.9        ->
    5 f1 0.4        -> low_f1 firing
    6 p 0.5         -> drift resolved
  )");
}

TEST_CASE("alerts: n of the last m events, and too few samples") {
  check(R"({"for":"2/3","min_samples":50})", R"(
    1 f1 0.5        ->
    2 f1 0.5 n 49   -> low_f1 min_samples
    3 f1 0.9 n 49   ->
    4 f1 0.9        ->
    5 f1 0.5        -> low_f1 firing
    6 f1 0.9        -> low_f1 resolved
    7 f1 0.9        ->
  )");
}

TEST_CASE("alerts: without `resolve` the end is not told, and the next start is") {
  check(R"({"resolve":false})", R"(
    1 f1 0.5        -> low_f1 firing
    2 f1 0.9        ->
    3 f1 0.5        -> low_f1 firing
  )");
}

TEST_CASE("alerts: what lasts is told again after `repeat`") {
  check(R"({"repeat":"3d"})", R"(
    1 f1 0.5        -> low_f1 firing
    3.9 f1 0.5      ->
    4 f1 0.5        -> low_f1 firing
    # of the model's newest time
    8 p 0.9         ->
    6 f1 0.5        -> low_f1 firing
    9 f1 0.5        ->
    10 f1 0.9       -> low_f1 resolved
    20 f1 0.9       ->
  )");
}

TEST_CASE("alerts: a rule that changes too often is flapping, and silent until it is quiet") {
  check(R"({"flap":"2/1d"})", R"(
    1.0 f1 0.5      -> low_f1 firing
    1.1 f1 0.9      -> low_f1 resolved
    1.2 f1 0.5      -> low_f1 flapping
    1.3 f1 0.9      ->
    1.4 f1 0.5      ->
    2.3 f1 0.5      ->
    # a day after the last change: what it is now
    2.4 f1 0.5      -> low_f1 firing
    2.5 f1 0.9      -> low_f1 resolved
    2.6 f1 0.5      -> low_f1 firing
    2.7 f1 0.9      -> low_f1 flapping
    # the event that finds it quiet may be a change itself
    3.8 f1 0.5      -> low_f1 firing
  )");
}

TEST_CASE("alerts: changes that are further apart are none of flapping") {
  check(R"({"flap":"2/1d"})", R"(
    1.0 f1 0.5      -> low_f1 firing
    1.5 f1 0.9      -> low_f1 resolved
    2.0 f1 0.5      -> low_f1 firing
    2.5 f1 0.9      -> low_f1 resolved
    2.9 f1 0.5      -> low_f1 flapping
  )");
}

TEST_CASE("alerts: what is inhibited is decided with the reason, and so is its end") {
  FakeObserverHost host(*alert().observer, R"({"min_f1":0.6,"max_p_value":0.05,"rules":[
      {"name":"auc","metric":"auc","below":0.8,"inhibited_by":["low_f1"]}]})");
  REQUIRE(host.error == "");
  const auto auc = [](double value, double f1) {
    Row row = metrics(1, f1);
    row.raw = nlohmann::json({{"metrics", {{"auc", value}}}}).dump();
    return row;
  };
  host.on_batch({auc(0.7, 0.5), auc(0.9, 0.9), auc(0.7, 0.9), auc(0.9, 0.5)});
  REQUIRE(host.actions.size() == 7);
  const auto why = [&](std::size_t i) {
    const auto& fields = host.actions[i].fields;
    return host.actions[i].rule + " " + host.actions[i].transition + ": " +
           (fields.contains("suppressed") ? fields["suppressed"].get<std::string>() : "told");
  };
  CHECK(why(0) == "low_f1 firing: told");
  CHECK(why(1) == "auc firing: inhibited by low_f1");
  CHECK(why(2) == "low_f1 resolved: told");
  CHECK(why(3) == "auc resolved: its start was inhibited");
  CHECK(why(4) == "auc firing: told");
  CHECK(why(5) == "low_f1 firing: told");
  CHECK(why(6) == "auc resolved: told");
}

TEST_CASE("alerts: own rules have a severity and texts of their own") {
  FakeObserverHost host(*alert().observer, R"({"min_f1":false,"max_p_value":false,"rules":[
      {"name":"auc","metric":"auc","below":0.8,"severity":"info"},
      {"name":"shift","metric":"magnitude","above":0.4,"severity":"critical",
       "subject":"{rule} of {model.name}: {magnitude:.1f} > {threshold}",
       "body":"{labels.team}/{feature} {state} {severity} {value:.3f} {{}} {baseline}"}]})");
  REQUIRE(host.error == "");
  Row low = metrics(1, NAN);
  low.raw = R"({"metrics":{"auc":0.7}})";
  Row shift = drift(1, 0.01, 0.55);
  shift.raw = R"({"feature":"age","labels":{"team":"{risk}"}})";
  host.on_batch({low, shift, drift(1, 0.01, 0.1)});
  REQUIRE(host.actions.size() == 3);
  CHECK(host.actions[0].fields.dump() ==
        R"({"severity":"info","subject":"ℹ️ auc for model-1","body":"Model model-1 v1.2.1\n)"
        R"(auc is 0.7 (limit 0.8)\nCaptured at 1970-01-01T00:00:00Z","metric":"auc","value":0.7,)"
        R"("threshold":0.8})");
  CHECK(host.actions[1].fields["subject"] == "shift of model-1: 0.6 > 0.4");
  CHECK(host.actions[1].fields["body"] == "{risk}/age firing critical 0.550 {} ");
  CHECK(host.actions[1].fields["p_value"] == 0.01);
  CHECK(host.actions[1].fields["magnitude"] == 0.55);
  CHECK_FALSE(host.actions[1].fields.contains("value"));
  CHECK(host.actions[2].fields["subject"] == "✅ Resolved: shift of model-1: 0.1 > 0.4");
}

TEST_CASE("alerts: what `on` names is told once each") {
  FakeObserverHost host(*alert().observer,
                        R"({"min_f1":0.6,"max_p_value":0.05,"on":["retrain","job_failed","org.x.y"]})");
  REQUIRE(host.error == "");
  CHECK(host.subscribed == std::vector<std::string>{"retrain", "org.x.y"});
  Row asked = metrics(1, NAN);
  asked.kind = 16;
  asked.raw = R"({"action":{"reason":"f1 0.5 is below 0.75"}})";
  Row other = metrics(2, NAN);
  other.kind = 17;
  Row failed = metrics(1, NAN);
  failed.kind = MLMON_KIND_JOB;
  failed.raw = R"({"job":"x","status":"failed","note":"no GPU"})";
  Row done = failed;
  done.raw = R"({"job":"x","status":"done"})";
  host.on_batch({asked, other, failed, done, asked});
  REQUIRE(host.actions.size() == 4);
  CHECK(host.actions[0].rule == "retrain");
  CHECK(host.actions[0].transition == "firing");
  CHECK(host.actions[0].fields.dump() ==
        R"({"severity":"info","subject":"ℹ️ Retraining requested for model-1","body":"Model model-1 )"
        R"(v1.2.1\nf1 0.5 is below 0.75\nRequested at 1970-01-01T00:00:00Z","once":true})");
  CHECK(host.actions[1].fields["subject"] == "⚠️ org.x.y for model-2");
  CHECK(host.actions[2].rule == "job_failed");
  CHECK(host.actions[2].fields["body"] ==
        "Model model-1 v1.2.1\nno GPU\nFailed at 1970-01-01T00:00:00Z");
  CHECK(host.actions[3].rule == "retrain");
}

TEST_CASE("alerts: all that is wrong with a configuration is told at once") {
  CHECK(refused(R"({"min_f1":0.6,"max_p_value":false,"flap":"33/1h","on":["drift","low_f1","x y"],
      "rules":[{"name":"a","metric":"auc","below":0.8,"inhibited_by":["a","b","low_f1"]},
               {"name":"c","metric":"auc","above":0.9,"subject":"{nmae}","body":"{value:q}"}]})") ==
        1 + R"(
flap: expected at most 32 changes in a duration, such as "6/1h", or "0", got "33/1h"
rules[0].inhibited_by[0]: expected the name of another rule, got "a"
rules[0].inhibited_by[1]: expected the name of another rule, got "b"
rules[1].subject: unknown name "nmae", expected one of rule, state, severity, reason, model.name, model.version, model.deployed_at, metric, value, threshold, baseline, p_value, magnitude, samples, event_time, feature, labels.NAME
rules[1].body: the format of {value:q}: invalid type specifier
on[0]: expected retrain, job_failed, budget_spent or a type that an observer before this one emits, got "drift"
on[1]: expected a name that is not listed twice and is not a rule's, got "low_f1"
on[2]: expected retrain, job_failed, budget_spent or a type that an observer before this one emits, got "x y")");
}

TEST_CASE("alerts: what version 0 kept is read: which rules fire") {
  FakeObserverHost host(*alert().observer, R"({"min_f1":0.6,"max_p_value":0.05})");
  host.state[{1, "low_f1"}] = "firing";
  host.state[{2, "drift"}] = "firing";
  host.state[{2, "low_f1"}] = "firing";
  REQUIRE(host.migrate(0) == MLMON_OK);
  host.on_batch({metrics(1, 0.5), drift(2, 0.01), metrics(2, 0.9), drift(1, 0.01)});
  REQUIRE(host.actions.size() == 2);
  CHECK(host.actions[0].transition == "resolved");
  CHECK(host.actions[1].rule == "drift");
}

}  // namespace
}  // namespace mlmon::testing
