#include <catch2/catch.hpp>
#include <chrono>

#include "tests/plugins/fake_host.h"

namespace mlmon::testing {
namespace {

const mlmon_class& retraining() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/retraining.so");
  return *plugin.classes[0];
}

constexpr char kDefaults[] = R"({"min_f1":0.75,"max_p_value":0.05})";

struct Host : FakeObserverHost {
  explicit Host(const std::string& config = kDefaults)
      : FakeObserverHost(*retraining().observer, config) {
    REQUIRE(created == MLMON_OK);
  }
};

TEST_CASE("retraining: asks when f1 is strictly below the limit and says why") {
  Host host;
  REQUIRE(host.on_batch({metrics(1, 0.75), metrics(2, 0.71)}) == MLMON_OK);
  REQUIRE(host.actions.size() == 1);
  const Decision& request = host.actions[0];
  CHECK(request.row == 1);
  CHECK(request.model == 2);
  CHECK(request.type == "retrain");
  CHECK(request.rule == "f1");
  CHECK(request.transition.empty());
  CHECK(request.fields.dump() ==
        R"({"reason":"f1 0.71 is below 0.75","metric":"f1","value":0.71,"threshold":0.75})");
}

TEST_CASE(
    "retraining: a drift request carries p_value and magnitude in place of metric and value") {
  Host host;
  host.on_batch({drift(1, 0.05, 9.0), drift(1, 0.012, 0.31), drift(2, 0.0)});
  REQUIRE(host.actions.size() == 2);
  CHECK(host.actions[0].rule == "drift");
  CHECK(host.actions[0].fields.dump() ==
        R"({"reason":"p_value 0.012 is below 0.05","p_value":0.012,"magnitude":0.31,)"
        R"("threshold":0.05})");
  CHECK(host.actions[1].fields ==
        nlohmann::ordered_json::parse(
            R"({"reason":"p_value 0 is below 0.05","p_value":0,"threshold":0.05})"));
}

TEST_CASE("retraining: an open job of the model suppresses, across batches, other models go on") {
  Host host;
  host.on_batch({metrics(1, 0.5), metrics(1, 0.4)});
  host.on_batch({drift(1, 0.01), metrics(2, 0.3), metrics(1, 0.9)});
  REQUIRE(host.actions.size() == 2);
  CHECK(host.actions[1].model == 2);
  REQUIRE(host.suppressed.size() == 2);
  CHECK(host.suppressed[0].type == "retrain");
  CHECK(host.suppressed[0].rule == "f1");
  CHECK(host.suppressed[0].why == "job_open");
  CHECK(host.suppressed[0].fields.dump() == R"({"metric":"f1","value":0.4,"threshold":0.75})");
  CHECK(host.suppressed[1].rule == "drift");
  CHECK(host.suppressed[1].fields.dump() == R"({"p_value":0.01,"threshold":0.05})");
}

TEST_CASE("retraining: of two rules at one event f1 asks and drift is suppressed") {
  Host host;
  Row both = metrics(1, 0.5);
  both.p_value = 0.01;
  host.on_batch({both});
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].rule == "f1");
  REQUIRE(host.suppressed.size() == 1);
  CHECK(host.suppressed[0].rule == "drift");
  CHECK(host.suppressed[0].why == "job_open");
  CHECK(host.suppressed[0].row == 0);
}

TEST_CASE("retraining: builds no fields of suppressions unless they are shown") {
  Host host;
  host.explaining = false;
  host.on_batch({metrics(1, 0.5), metrics(1, 0.5)});
  REQUIRE(host.suppressed.size() == 1);
  CHECK((host.suppressed[0].fields.is_null() || host.suppressed[0].fields.empty()));
}

TEST_CASE("retraining: events without its figures and job events say nothing") {
  Host host;
  Row job = metrics(1, 0.1);
  job.kind = MLMON_KIND_JOB;
  Row other = metrics(1, NAN);
  other.recall = 0.1;
  CHECK(host.on_batch({job, other, drift(1, NAN, 3.0)}) == MLMON_OK);
  CHECK(host.on_batch(std::vector<Row>{}) == MLMON_OK);
  CHECK(host.actions.empty());
  CHECK(host.suppressed.empty());
}

TEST_CASE("retraining: looks at selected rows only and names the row of the batch") {
  Host host;
  host.on_batch({metrics(1, 0.1), metrics(2, 0.1), metrics(3, 0.1)}, {2});
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].row == 2);
  CHECK(host.actions[0].model == 3);
}

TEST_CASE("retraining: each rule can be off") {
  Host no_f1(R"({"min_f1":false,"max_p_value":0.05})");
  no_f1.on_batch({metrics(1, 0.0), drift(1, 0.01)});
  REQUIRE(no_f1.actions.size() == 1);
  CHECK(no_f1.actions[0].rule == "drift");
  Host none(R"({"min_f1":false,"max_p_value":false})");
  none.on_batch({metrics(1, 0.0), drift(1, 0.0)});
  CHECK(none.actions.empty());
}

TEST_CASE("retraining: reason has the shortest text of the same double") {
  Host host(R"({"min_f1":0.30000000000000004,"max_p_value":1e-5})");
  host.on_batch({metrics(1, 0.3), drift(2, 7.503847932249072e-12)});
  REQUIRE(host.actions.size() == 2);
  CHECK(host.actions[0].fields["reason"] == "f1 0.3 is below 0.30000000000000004");
  CHECK(host.actions[1].fields["reason"] == "p_value 7.503847932249072e-12 is below 1e-05");
}

TEST_CASE("retraining: any cut of the input gives the same decisions") {
  std::vector<Row> rows;
  for (int i = 0; i < 200; ++i) {
    const auto model = static_cast<mlmon_model>(i % 7 + 1);
    rows.push_back(i % 3 ? metrics(model, i % 11 / 10.0) : drift(model, i % 13 / 100.0, 0.1));
  }
  Host whole;
  whole.on_batch(rows);
  for (std::size_t size : {1u, 3u, 64u}) {
    Host cut;
    for (std::size_t at = 0; at < rows.size(); at += size) {
      const auto end = std::min(at + size, rows.size());
      cut.on_batch({rows.begin() + static_cast<std::ptrdiff_t>(at),
                    rows.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    REQUIRE(cut.actions.size() == whole.actions.size());
    for (std::size_t i = 0; i < cut.actions.size(); ++i) {
      CHECK(cut.actions[i].model == whole.actions[i].model);
      CHECK(cut.actions[i].fields == whole.actions[i].fields);
    }
    CHECK(cut.suppressed.size() == whole.suppressed.size());
  }
}

TEST_CASE("retraining: a configuration without its keys is refused by name") {
  FakeObserverHost host(*retraining().observer, R"({"min_f1":"high","max_p_value":0.05})");
  CHECK(host.created == MLMON_E_CONFIG);
  CHECK(host.error == "min_f1: expected a number or false, got a string");
}

TEST_CASE("retraining: requests, and only they, wait in the queue that the host delivers") {
  FakeDeliveryHost host(*retraining().delivery, kDefaults);
  REQUIRE(host.endpoints.size() == 1);
  CHECK(host.names[0] == "queue");
  CHECK(host.endpoints[0].flags == MLMON_ENDPOINT_QUEUE);
  CHECK(host.endpoints[0].timeout_ms == 30'000);
  CHECK(host.endpoints[0].retry_initial_ms == 1'000);
  CHECK(host.endpoints[0].retry_max_ms == 60'000);
  CHECK(host.endpoints[0].retry_give_up_ms == 24 * 3'600'000);
  CHECK(host.route(R"({"action":"retrain","id":"01"})") == std::vector<std::uint32_t>{0});
  CHECK(host.route(R"({"action":"alert","id":"01"})").empty());
  host.deliver(0, {R"({"action":"retrain"})"});
  CHECK(host.endpoint_created == MLMON_E_UNSUPPORTED);
}

TEST_CASE("retraining: its schema is JSON with the defaults of the contract") {
  const auto schema = nlohmann::json::parse(retraining().config_schema);
  CHECK(schema["properties"]["min_f1"]["default"] == 0.75);
  CHECK(schema["properties"]["max_p_value"]["default"] == 0.05);
  CHECK(schema["additionalProperties"] == false);
}

/// Nanoseconds an event of a class over batches of 4,096 rows of 100 models, metrics and drift in
/// random order.
double cost_per_event(const mlmon_class& plugin, const char* config, double f1, double p_value) {
  std::vector<Row> rows;
  std::uint32_t random = 1;
  for (std::uint32_t i = 0; i < 4096; ++i) {
    random = random * 1664525 + 1013904223;
    rows.push_back(random >> 31 ? metrics(i / 2 % 100 + 1, f1)
                                : drift(i / 2 % 100 + 1, p_value, 0.3));
  }
  const Columns columns(rows);
  FakeObserverHost host(*plugin.observer, config);
  host.explaining = host.recording = false;
  host.on_batch(columns.batch());
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) host.on_batch(columns.batch());
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / 50 / 4096);
  }
  return best;
}

TEST_CASE("cost of the default rules", "[.bench]") {
  const mlmon_class& alert = *load_plugin(MLMON_PLUGIN_DIR "/alert.so").classes[0];
  WARN("retraining, nothing breaches: " << cost_per_event(retraining(), kDefaults, 0.9, 0.5)
                                        << " ns an event");
  WARN("retraining, all suppressed: " << cost_per_event(retraining(), kDefaults, 0.1, 0.01)
                                      << " ns an event");
  const char* all_keys =
      R"({"min_f1":0.75,"max_p_value":0.05,"min_magnitude":0.1,"min_samples":10,"for":"3/5","grace":"1d",)"
      R"("require":"confirmed","cooldown":"7d","job_timeout":"3d","budget":"5/30d",)"
      R"("rules":[{"name":"low","metric":"accuracy","below":0.5,"clear":0.6},)"
      R"({"name":"drop","metric":"recall","drop":0.05}]})";
  WARN("retraining, all keys, nothing breaches: "
       << cost_per_event(retraining(), all_keys, 0.9, 0.5) << " ns an event");
  WARN("retraining, all keys, all suppressed: "
       << cost_per_event(retraining(), all_keys, 0.1, 0.01) << " ns an event");
  WARN("alert, nothing breaches: " << cost_per_event(alert, kDefaults, 0.9, 0.5) << " ns an event");
  WARN("alert, all firing: " << cost_per_event(alert, kDefaults, 0.1, 0.01) << " ns an event");
}

}  // namespace
}  // namespace mlmon::testing
