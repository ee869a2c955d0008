// The policy of the retraining plugin, key by key, against tables that were worked out by hand.

#include <catch2/catch.hpp>

#include "tests/plugins/fake_host.h"
#include "tests/plugins/rule_table.h"

namespace mlmon::testing {
namespace {

const mlmon_class& retraining() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/retraining.so");
  return *plugin.classes[0];
}

void check(const std::string& config, const std::string& table) {
  check_table(retraining(), config, table);
}

TEST_CASE("policy: by default the first breach asks, and an open job holds back the others") {
  check("{}", R"(
    1 f1 0.75       ->
    2 f1 0.74       -> f1
    3 f1 0.70       -> f1 job_open
    4 p 0.01        -> drift job_open
    5 job action-7  ->
    6 f1 0.70       -> f1 job_open
    7 job action-1  ->
    8 f1 0.80       ->
    9 p 0.04        -> drift
  )");
}

TEST_CASE("policy: an event older than the rule's last change says nothing about it") {
  check("{}", R"(
    1 f1 0.5        -> f1
    2 f1 0.9        ->
    # sent again, with the rule at rest since day 2
    1 f1 0.5        -> f1 late
    1.5 f1 0.9      ->
    2 f1 0.5        -> f1 job_open
    # that one is not older than the last change: the rule holds since day 2
    1.9 f1 0.9      ->
    1.9 f1 0.4      -> f1 late
    # other rules and other models have changes of their own
    1 p 0.01        -> drift job_open
    1 b: f1 0.5     -> f1
  )");
}

TEST_CASE("policy: n of the last m events that carry the figure") {
  check(R"({"for":"2/3"})", R"(
    1 f1 0.5        -> f1 for
    2 f1 0.9        ->
    3 p 0.01        -> drift for
    4 f1 0.5        -> f1
    5 f1 0.9        ->
    6 f1 0.9        ->
    7 job action-1  ->
    8 f1 0.5        -> f1 for
    9 p 0.01        -> drift
  )");
}

TEST_CASE("policy: a window of 64 events remembers all of them") {
  std::string table;
  for (int day = 1; day <= 63; ++day) {
    table += std::to_string(day) + " f1 0.5 -> f1 for\n";
  }
  check(R"({"for":"64/64"})", table + "64 f1 0.5 -> f1\n 65 f1 0.9 ->\n 66 f1 0.5 -> f1 for\n");
}

TEST_CASE("policy: with `clear` a rule holds until the figure is back there, and begins anew") {
  check(R"({"min_f1":false,"max_p_value":false,"rules":[
          {"name":"auc","metric":"auc","below":0.8,"clear":0.85,"for":"2/3"}]})", R"(
    1 auc 0.7       -> auc for
    2 auc 0.7       -> auc
    3 auc 0.82      ->
    4 auc 0.82      ->
    5 job action-1  ->
    # it still holds: one breach is enough
    6 auc 0.79      -> auc
    7 auc 0.85      ->
    8 job action-2  ->
    # the window was forgotten
    9 auc 0.7       -> auc for
    10 auc 0.9      ->
    11 auc 0.7      -> auc
  )");
}

TEST_CASE("policy: a rule above its limit clears from above") {
  check(R"({"min_f1":false,"max_p_value":false,"rules":[
          {"name":"error","metric":"rmse","above":3,"clear":2.5}]})", R"(
    1 rmse 3        ->
    2 rmse 3.5      -> error
    3 job action-1  ->
    4 rmse 2.6      ->
    5 rmse 3.1      -> error
    6 job action-2  ->
    7 rmse 2.5      ->
    6.5 rmse 9      -> error late
    8 rmse 4        -> error
  )");
}

TEST_CASE("policy: drift counts from min_magnitude on, and without a magnitude") {
  check(R"({"min_magnitude":0.2,"for":"2/2"})", R"(
    1 p 0.01 m 0.19 ->
    2 p 0.01 m 0.2  -> drift for
    3 p 0.01 m 0.1  ->
    4 p 0.01        -> drift for
    5 p 0.01 m 0.5  -> drift
  )");
}

TEST_CASE("policy: figures of too few samples enter no window") {
  check(R"({"min_samples":100,"for":"2/2"})", R"(
    1 f1 0.5 n 100  -> f1 for
    2 f1 0.9 n 99   ->
    3 f1 0.5 n 0    -> f1 min_samples
    4 f1 0.5        -> f1
    5 f1 0.5 n 99   -> f1 min_samples
    # late comes first
    3 f1 0.5 n 99   -> f1 late
  )");
}

TEST_CASE("policy: in the grace after a deployment windows fill and nothing is asked for") {
  check(R"({"grace":"10d","for":"2/2"})", R"(
    1 f1 0.5        -> f1 grace until 10
    9 f1 0.5        -> f1 grace until 10
    10 f1 0.5       -> f1
    # now is the newest time of the model
    9.5 b: f1 0.9   ->
    12 b: f1 0.5    -> f1 for
    9.7 b: f1 0.5   -> f1
  )");
}

TEST_CASE("policy: `all` wants every rule to hold at its newest event") {
  check(R"({"require":"all"})", R"(
    1 f1 0.5        -> f1 require
    2 p 0.01        -> drift
    3 job action-1  ->
    4 f1 0.9        ->
    5 p 0.01        -> drift require
    6 f1 0.5        -> f1
  )");
}

TEST_CASE("policy: `all` looks at all figures of an event before it decides") {
  check(R"({"require":"all","max_p_value":false,"rules":[
          {"name":"auc","metric":"auc","below":0.8}]})", R"(
    1 f1 0.5 auc 0.9 -> f1 require
    2 f1 0.5 auc 0.7 -> f1, auc job_open
  )");
}

TEST_CASE("policy: `all` counts only the rules for the model") {
  check(R"({"require":"all","rules":[
          {"name":"auc","metric":"auc","below":0.8,"models":["model-1"]}]})", R"(
    1 a: f1 0.5     -> f1 require
    2 a: p 0.01     -> drift require
    1 b: f1 0.5     -> f1 require
    2 b: p 0.01     -> drift
    3 b: auc 0.1    ->
    3 a: auc 0.1    -> auc
  )");
}

TEST_CASE("policy: `confirmed` lets drift ask only while a metric rule holds") {
  check(R"({"require":"confirmed"})", R"(
    1 p 0.01        -> drift require
    2 f1 0.5        -> f1
    3 job action-1  ->
    4 p 0.01        -> drift
    5 job action-2  ->
    6 f1 0.9        ->
    7 p 0.01        -> drift require
  )");
}

TEST_CASE("policy: the cooldown counts from the request, also after its job has ended") {
  check(R"({"cooldown":"7d"})", R"(
    1 f1 0.5        -> f1
    2 f1 0.5        -> f1 job_open
    3 job action-1  ->
    4 f1 0.5        -> f1 cooldown until 8
    7.999 p 0.01    -> drift cooldown until 8
    8 p 0.01        -> drift
  )");
}

TEST_CASE("policy: an open job holds back until its time is out; the end of an older one is nothing") {
  check(R"({"job_timeout":"5d"})", R"(
    1 f1 0.5        -> f1
    5.5 f1 0.5      -> f1 job_open until 6
    6 f1 0.5        -> f1
    7 job action-1  ->
    8 f1 0.5        -> f1 job_open until 11
    9 job action-2  ->
    10 f1 0.5       -> f1
  )");
}

TEST_CASE("policy: a request is dated by the newest time of the model, not by its event's") {
  check(R"({"cooldown":"7d"})", R"(
    10 f1 0.9       ->
    3 f1 0.5        -> f1
    4 job action-1  ->
    12 f1 0.5       -> f1 cooldown until 17
    # job events move no clock
    99 job action-1 ->
    16 f1 0.5       -> f1 cooldown until 17
    17 f1 0.5       -> f1
  )");
}

TEST_CASE("policy: the reasons stand in the order of the contract") {
  check(R"({"min_samples":10,"grace":"5d","for":"2/2","require":"confirmed","cooldown":"20d"})", R"(
    1 p 0.01 n 1    -> drift min_samples
    2 p 0.01        -> drift grace until 5
    5 p 0.9         ->
    6 p 0.01        -> drift for
    7 p 0.01        -> drift require
    8 f1 0.5        -> f1 for
    9 f1 0.5        -> f1
    10 p 0.01       -> drift job_open
    11 job action-1 ->
    12 p 0.01       -> drift cooldown until 29
    6 p 0.01        -> drift late
    29 p 0.01       -> drift
  )");
}

TEST_CASE("policy: a limit by the deployment's own start") {
  check(R"({"min_f1":false,"max_p_value":false,"grace":"2d","rules":[
          {"name":"drop","metric":"f1","drop":0.05,"baseline":3},
          {"name":"rise","metric":"rmse","rise":"10%","baseline":2}]})", R"(
    # within the grace: in no baseline
    1 f1 0.1        ->
    2 f1 0.9        ->
    3 f1 0.8        ->
    4 f1 0.7        ->
    5 f1 0.76       ->
    6 f1 0.74       -> drop
    7 rmse 2        ->
    8 rmse 4        ->
    9 rmse 3.3      ->
    10 rmse 3.31    -> rise job_open
  )");
}

TEST_CASE("policy: an action by a baseline carries it, and the limit that came of it") {
  FakeObserverHost host(*retraining().observer, R"({"min_f1":false,"max_p_value":false,"rules":[
      {"name":"drop","metric":"f1","drop":0.05}]})");
  REQUIRE(host.error == "");
  std::vector<Row> rows(20, metrics(1, 0.9));
  rows.push_back(metrics(1, 0.8));
  host.on_batch(rows);
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].fields.dump() == R"({"reason":"f1 0.8 is below 0.85","metric":"f1","value":0.8,)"
                                         R"("threshold":0.85,"baseline":0.9})");
}

TEST_CASE("policy: own rules see the models that their globs match") {
  check(R"({"min_f1":false,"max_p_value":false,"rules":[
          {"name":"low","metric":"accuracy","below":0.5,"models":["*","!model-2"]},
          {"name":"shift","metric":"magnitude","above":0.4}]})", R"(
    1 a: accuracy 0.4 -> low
    1 b: accuracy 0.4 ->
    1 c: m 0.41       -> shift
  )");
}

TEST_CASE("policy: all that is wrong with a configuration is told at once") {
  FakeObserverHost host(*retraining().observer, R"({"min_f1":0.7,"max_p_value":false,"for":"5/3",
      "rules":[{"name":"a","metric":"auc","below":0.8,"clear":0.7},
               {"name":"a","metric":"accuracy","below":1.5},
               {"name":"b","metric":"auc"},
               {"name":"c","metric":"auc","drop":"10%","clear":0.1},
               {"name":"d","metric":"auc","above":1,"clear":2,"baseline":3},
               {"name":"e","metric":"auc","drop":"ten","for":"1/65"}]})");
  CHECK(host.created == MLMON_E_CONFIG);
  CHECK(host.error == 1 + R"(
for: expected N/M with 1 <= N <= M <= 64, such as "3/5", got "5/3"
rules[0].clear: expected a number of at least 0.8, the limit, got 0.7
rules[1].name: expected a name that no other rule has, got "a"
rules[1].below: expected a number in [0, 1] for accuracy, got 1.5
rules[2]: expected one of below, above, drop and rise, got none
rules[3].clear: expected below or above beside it, got drop or rise, whose limit is not known before
rules[4].baseline: expected drop or rise beside it, got above
rules[4].clear: expected a number of at most 1, the limit, got 2
rules[5].drop: expected a number above 0, or one of percent such as "10%", got "ten"
rules[5].for: expected N/M with 1 <= N <= M <= 64, such as "3/5", got "1/65")");
}

TEST_CASE("policy: at most so many requests in a time over all models; the first held back is an event") {
  FakeObserverHost host(*retraining().observer,
                        R"({"min_f1":0.75,"max_p_value":false,"budget":"2/10d"})");
  REQUIRE(host.error == "");
  constexpr std::int64_t kDay = 86'400'000'000'000;
  const auto low = [](mlmon_model model, std::int64_t day) { return metrics(model, 0.5, day * kDay); };
  host.on_batch({low(1, 1), low(2, 3), low(3, 4), low(4, 5)});
  REQUIRE(host.actions.size() == 2);
  REQUIRE(host.suppressed.size() == 2);
  CHECK(host.suppressed[0].why == "budget");
  CHECK(host.suppressed[0].until_ns == 11 * kDay);
  REQUIRE(host.emitted.size() == 1);
  CHECK(host.emitted[0].type == "budget_spent");
  CHECK(host.emitted[0].model == 3);
  CHECK(host.emitted[0].fields["until"] == "1970-01-12T00:00:00Z");

  // Kept over restarts; free again when the oldest is ten days old.
  FakeObserverHost next(*retraining().observer,
                        R"({"min_f1":0.75,"max_p_value":false,"budget":"2/10d"})");
  next.state = host.state;
  next.first_id = 3;
  next.on_batch({low(3, 10), low(3, 11), low(4, 12), low(5, 12)});
  REQUIRE(next.actions.size() == 1);
  CHECK(next.actions[0].row == 1);
  CHECK(next.suppressed.size() == 3);
  REQUIRE(next.emitted.size() == 1);
  CHECK(next.emitted[0].row == 2);
  CHECK(next.state.count({0, "spent:action-1"}) == 0);
  CHECK(next.state.count({0, "spent:action-2"}) == 1);
  CHECK(next.state.count({0, "spent:action-3"}) == 1);
}

TEST_CASE("policy: p-values are adjusted for the number of features") {
  const auto event = [](const char* features) {
    Row row = drift(1, 0.5);
    row.raw = std::string(R"({"features":)") + features + "}";
    return row;
  };
  const auto asks = [&](const char* correction, const char* features) {
    FakeObserverHost host(*retraining().observer, std::string(R"({"min_f1":false,"max_p_value":0.05,)") +
                                                      R"("correction":")" + correction + R"("})");
    host.on_batch({event(features)});
    return host.actions.empty() ? 1.0 : host.actions[0].fields["p_value"].get<double>();
  };
  const char* three = R"({"a":{"p_value":0.02},"b":{"p_value":0.03},"c":{"p_value":0.04,"magnitude":1}})";
  CHECK(asks("none", three) == 1.0);                     // the event's own p is 0.5
  CHECK(asks("bonferroni", three) == 1.0);               // 0.06
  CHECK(asks("bh", three) == Approx(0.04));              // 0.06, 0.045, 0.04
  CHECK(asks("bonferroni", R"({"a":{"p_value":0.01},"b":{"magnitude":2},"c":null})") == 0.01);
  CHECK(asks("bh", R"({"b":{"magnitude":2}})") == 1.0);
  CHECK(asks("bh", "null") == 1.0);
}

TEST_CASE("policy: why each rule last did nothing is kept, since when and until when") {
  FakeObserverHost host(*retraining().observer,
                        R"({"min_f1":0.75,"max_p_value":0.05,"cooldown":"7d"})");
  Row end;
  end.kind = MLMON_KIND_JOB;
  end.raw = R"({"job":"action-1"})";
  constexpr std::int64_t kDay = 86'400'000'000'000;
  host.on_batch({metrics(1, 0.5, kDay), metrics(1, 0.5, 2 * kDay), metrics(1, 0.5, 3 * kDay)});
  CHECK(host.state[{1, "held"}] == R"({"f1":["job_open",172800000000000,null]})");
  host.on_batch({end, metrics(1, 0.5, 4 * kDay), drift(1, 0.01, 0.1, 5 * kDay)});
  CHECK(host.state[{1, "held"}] == R"({"f1":["cooldown",345600000000000,691200000000000],)"
                                   R"("drift":["cooldown",432000000000000,691200000000000]})");
}

TEST_CASE("policy: what version 0 kept is read: the open job") {
  FakeObserverHost host(*retraining().observer, R"({"min_f1":0.75,"max_p_value":0.05})");
  host.state[{1, "open"}] = "action-9";
  REQUIRE(host.migrate(0) == MLMON_OK);
  Row end;
  end.kind = MLMON_KIND_JOB;
  end.raw = R"({"job":"action-9"})";
  host.on_batch({metrics(1, 0.5), end, metrics(1, 0.5)});
  CHECK(host.suppressed.size() == 1);
  CHECK(host.actions.size() == 1);
}

}  // namespace
}  // namespace mlmon::testing
