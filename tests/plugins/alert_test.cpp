#include <catch2/catch.hpp>

#include "tests/plugins/fake_host.h"

namespace mlmon::testing {
namespace {

const mlmon_class& alert() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/alert.so");
  return *plugin.classes[0];
}

constexpr char kDefaults[] = R"({"min_f1":0.6,"max_p_value":0.05})";
constexpr std::int64_t kTime = 1'769'932'800'000'000'000;  // 2026-02-01T08:00:00Z

struct Host : FakeObserverHost {
  explicit Host(const std::string& config = kDefaults)
      : FakeObserverHost(*alert().observer, config) {
    REQUIRE(created == MLMON_OK);
    names = {"fraud"};
  }
};

TEST_CASE("alert: low f1 fires with the texts of the contract") {
  Host host;
  REQUIRE(host.on_batch({metrics(1, 0.6, kTime), metrics(1, 0.55, kTime)}) == MLMON_OK);
  REQUIRE(host.actions.size() == 1);
  const Decision& fired = host.actions[0];
  CHECK(fired.row == 1);
  CHECK(fired.type == "alert");
  CHECK(fired.rule == "low_f1");
  CHECK(fired.transition == "firing");
  CHECK(fired.fields == nlohmann::ordered_json({{"severity", "critical"},
                                                {"subject", "❗ Low F1 score for fraud"},
                                                {"body",
                                                 "Model fraud v1.2.1\nF1 dropped to 0.55\n"
                                                 "Captured at 2026-02-01T08:00:00Z"},
                                                {"metric", "f1"},
                                                {"value", 0.55},
                                                {"threshold", 0.6}}));
}

TEST_CASE("alert: drift fires with the texts of the contract") {
  Host host;
  host.on_batch({drift(1, 0.012, 0.31, kTime + 500'000'000)});
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].rule == "drift");
  CHECK(host.actions[0].fields ==
        nlohmann::ordered_json({{"severity", "warning"},
                                {"subject", "⚠️ Drift detected for fraud"},
                                {"body",
                                 "Model fraud v1.2.1\nDrift magnitude: 0.310\n"
                                 "P-value: 0.0120\nDetected at 2026-02-01T08:00:00.5Z"},
                                {"p_value", 0.012},
                                {"magnitude", 0.31},
                                {"threshold", 0.05}}));
}

TEST_CASE("alert: resolves once, with the figure that resolved it") {
  Host host;
  host.on_batch({metrics(1, 0.5, kTime), metrics(1, 0.81, kTime), metrics(1, 0.9, kTime)});
  host.on_batch({drift(1, 0.01, 0.4, kTime), drift(1, 0.05, 0.2, kTime)});
  REQUIRE(host.actions.size() == 4);
  CHECK(host.actions[1].transition == "resolved");
  CHECK(host.actions[1].fields["severity"] == "critical");
  CHECK(host.actions[1].fields["subject"] == "✅ Resolved: Low F1 score for fraud");
  CHECK(host.actions[1].fields["body"] ==
        "Model fraud v1.2.1\nF1 is 0.81\nCaptured at 2026-02-01T08:00:00Z");
  CHECK(host.actions[1].fields["value"] == 0.81);
  CHECK(host.actions[1].fields["threshold"] == 0.6);
  CHECK(host.actions[3].transition == "resolved");
  CHECK(host.actions[3].fields["subject"] == "✅ Resolved: Drift detected for fraud");
  CHECK(host.actions[3].fields["body"] ==
        "Model fraud v1.2.1\nDrift magnitude: 0.200\nP-value: 0.0500\n"
        "Detected at 2026-02-01T08:00:00Z");
}

TEST_CASE("alert: while it fires nothing more is said, and nothing is suppressed") {
  Host host;
  host.on_batch({metrics(1, 0.5), metrics(1, 0.4), metrics(1, 0.59)});
  host.on_batch({metrics(1, 0.1)});
  CHECK(host.actions.size() == 1);
  CHECK(host.suppressed.empty());
}

TEST_CASE("alert: an event without the figure does not resolve; job events say nothing") {
  Host host;
  Row other = metrics(1, NAN);
  other.accuracy = 0.99;
  Row job = metrics(1, 0.99);
  job.kind = MLMON_KIND_JOB;
  host.on_batch({metrics(1, 0.5), drift(1, 0.9), other, job, metrics(1, 0.5)});
  CHECK(host.actions.size() == 1);
}

TEST_CASE("alert: rules and models fire apart from one another, and again after a resolution") {
  Host host;
  host.on_batch({metrics(1, 0.5), drift(1, 0.01), metrics(2, 0.5), drift(2, 0.01)});
  CHECK(host.actions.size() == 4);
  host.on_batch({metrics(2, 0.7), metrics(2, 0.5), metrics(1, 0.5)});
  REQUIRE(host.actions.size() == 6);
  CHECK(host.actions[4].transition == "resolved");
  CHECK(host.actions[5].transition == "firing");
  CHECK(host.actions[5].model == 2);
}

TEST_CASE("alert: without magnitude its line and its member are left out") {
  Host host;
  host.on_batch({drift(1, 0.0, NAN, kTime)});
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].fields["body"] ==
        "Model fraud v1.2.1\nP-value: 0.0000\nDetected at 2026-02-01T08:00:00Z");
  CHECK_FALSE(host.actions[0].fields.contains("magnitude"));
}

TEST_CASE("alert: figures of any size and names with quotes stay valid JSON") {
  Host host;
  host.names = {"a \"b\" \\ ä"};
  host.on_batch({drift(1, 1e-300, 1.7976931348623157e308, kTime)});
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].fields["subject"] == "⚠️ Drift detected for a \"b\" \\ ä");
  CHECK(host.actions[0].fields["magnitude"] == 1.7976931348623157e308);
}

TEST_CASE("alert: each rule can be off") {
  Host host(R"({"min_f1":0.6,"max_p_value":false})");
  host.on_batch({drift(1, 0.0), metrics(1, 0.1)});
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].rule == "low_f1");
}

TEST_CASE("alert: stderr gets every alert and is told it as text") {
  FakeDeliveryHost host(*alert().delivery, kDefaults);
  REQUIRE(host.names == std::vector<std::string>{"stderr"});
  CHECK(host.endpoints[0].flags == MLMON_ENDPOINT_GROUPS);
  CHECK(host.endpoints[0].retry_give_up_ms == 86'400'000);
  CHECK(host.route(R"({"action":"retrain"})").empty());
  const std::string action =
      R"({"action":"alert","subject":"\u2757 Low","body":"Model m v1\nF1 dropped to 0.55"})";
  CHECK(host.route(action) == std::vector<std::uint32_t>{0});
  for (int i = 0; i < 2; ++i) {
    const auto results = host.deliver(0, {action});
    REQUIRE(results.size() == 1);
    CHECK(results[0].status == MLMON_DELIVERED);
  }
  CHECK(host.told == std::vector<std::string>(2, "❗ Low\n  Model m v1\n  F1 dropped to 0.55"));
}

TEST_CASE("alert: its schema is JSON with the defaults of the contract") {
  const auto schema = nlohmann::json::parse(alert().config_schema);
  CHECK(schema["properties"]["min_f1"]["default"] == 0.6);
  CHECK(schema["properties"]["max_p_value"]["default"] == 0.05);
  CHECK(schema["additionalProperties"] == false);
}

}  // namespace
}  // namespace mlmon::testing
