// plugins/retraining/targets.h, through the C ABI.

#include <catch2/catch.hpp>

#include "tests/plugins/fake_host.h"

namespace mlmon::testing {
namespace {

const mlmon_delivery_role& retraining() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/retraining.so");
  return *plugin.classes[0]->delivery;
}

struct Host : FakeDeliveryHost {
  explicit Host(const std::string& targets)
      : FakeDeliveryHost(retraining(),
                         R"({"min_f1":0.75,"max_p_value":0.05,"targets":)" + targets + "}") {}
};

using Indices = std::vector<std::uint32_t>;

std::string request(const std::string& model) {
  return R"({"action":"retrain","id":"01ID","rule":"f1","model":{"name":")" + model +
         R"(","version":"2.1.0","deployed_at":"2026-01-01T00:00:00Z"},)"
         R"("reason":"f1 0.71 is below 0.75"})";
}

std::string exec(const std::string& script) {
  const nlohmann::json targets = {{{"type", "exec"}, {"command", {"sh", "-c", script}}}};
  return targets.dump();
}

FakeDeliveryHost::Result result_of(const std::string& script) {
  Host host(exec(script));
  return host.deliver(0, {request("fraud")}).at(0);
}

TEST_CASE("targets: without any, requests go to the embedded queue") {
  for (const char* config : {R"({"min_f1":0.75,"max_p_value":0.05})",
                             R"({"min_f1":0.75,"max_p_value":0.05,"targets":[]})"}) {
    FakeDeliveryHost host(retraining(), config);
    REQUIRE(host.names == std::vector<std::string>{"queue"});
    CHECK(host.endpoints[0].flags == MLMON_ENDPOINT_QUEUE);
    CHECK(host.route(request("fraud")) == Indices{0});
    CHECK(host.route(R"({"action":"alert","model":{"name":"fraud"}})").empty());
    host.deliver(0, {request("fraud")});
    CHECK(host.endpoint_created == MLMON_E_UNSUPPORTED);
  }
}

TEST_CASE("targets: every one whose models match gets the request") {
  Host host(R"([{"type":"queue"},{"type":"exec","command":["x"],"models":["fraud*","!*-eu"]},
               {"type":"exec","command":["y"],"models":["!churn"]},{"type":"queue","models":[]}])");
  CHECK(host.route(request("fraud")) == Indices{0, 1, 2});
  CHECK(host.route(request("fraud-eu")) == Indices{0, 2});
  CHECK(host.route(request("churn")) == Indices{0});
}

TEST_CASE("targets: are called by their name, else by their type and its number") {
  Host host(R"([{"type":"exec","command":["x"]},{"type":"queue"},{"type":"exec","command":["x"]},
               {"type":"http","name":"ops","url":"http://x/"},{"type":"http","url":"http://x/"}])");
  CHECK(host.names == std::vector<std::string>{"exec", "queue", "exec2", "ops", "http2"});
  CHECK(host.endpoints[0].flags == 0);
  CHECK(host.endpoints[1].flags == MLMON_ENDPOINT_QUEUE);
  Host taken(R"([{"type":"exec","command":["x"]},{"type":"queue","name":"exec"}])");
  CHECK(taken.created == MLMON_E_CONFIG);
  CHECK(taken.error == "targets[1].name: \"exec\" is taken");
}

TEST_CASE("targets: timeout and retry reach the host") {
  Host host(R"([{"type":"exec","command":["x"],"timeout":"5m",
               "retry":{"initial":"2s","max":"1m","give_up":"1h"}}])");
  REQUIRE(host.endpoints.size() == 1);
  CHECK(host.endpoints[0].timeout_ms == 300'000);
  CHECK(host.endpoints[0].retry_initial_ms == 2'000);
  CHECK(host.endpoints[0].retry_max_ms == 60'000);
  CHECK(host.endpoints[0].retry_give_up_ms == 3'600'000);
}

TEST_CASE("targets: what cannot be used is refused when the router is made") {
  for (const auto& [targets, error] : std::vector<std::pair<const char*, const char*>>{
           {R"([{"type":"http"}])", "targets[0]: type \"http\" needs url"},
           {R"([{"type":"exec"}])", "targets[0]: type \"exec\" needs command"},
           {R"([{"type":"queue","token":"s3cret"}])", "targets[0].token: type \"queue\" takes no token"},
           {R"([{"type":"exec","command":["x"],"url":"http://x/"}])",
            "targets[0].url: type \"exec\" takes no url"},
           {R"([{"type":"http","url":"http://x/","env":{}}])",
            "targets[0].env: type \"http\" takes no env"},
           {R"([{"type":"http","url":"x"}])",
            "targets[0].url: expected a URL with http:// or https://"},
           {R"([{"type":"exec","command":[""]}])",
            "targets[0].command: expected the name of a program first"},
           {R"([{"type":"exec","command":["x"],"env":{"A=B":"c"}}])",
            "targets[0].env: this is no name of a variable: \"A=B\""},
           {R"([{"type":"exec","command":["a\u0000b"]}])",
            "targets[0].command[0]: expected no NUL in it"},
           {R"([{"type":"exec","command":["x"],"timeout":"0s"}])",
            "targets[0].timeout: expected a duration above zero"}}) {
    Host host(targets);
    INFO(targets);
    CHECK(host.created == MLMON_E_CONFIG);
    CHECK(host.error == error);
  }
}

TEST_CASE("exec: gets the action as one line and what describes it in the environment") {
  const nlohmann::json targets = {
      {{"type", "exec"},
       {"command",
        {"sh", "-c",
         "cat; echo \"$MLMON_JOB_ID|$MLMON_MODEL_NAME|$MLMON_MODEL_VERSION\"; "
         "echo \"$MLMON_REASON|$OWN|$0\"; exit 1",
         "a b"}},
       {"env", {{"OWN", "x y"}, {"MLMON_JOB_ID", "forged"}}}}};
  Host host(targets.dump());
  const auto result = host.deliver(0, {request("frau d")}).at(0);
  CHECK(result.status == MLMON_DEAD);
  CHECK(result.text == "exit code 1: " + request("frau d") +
                           "\n01ID|frau d|2.1.0\nf1 0.71 is below 0.75|x y|a b");
}

TEST_CASE("exec: 0 is done, 75 a retry, all else a dead letter with what it said") {
  CHECK(result_of("exit 0").status == MLMON_DELIVERED);
  CHECK(result_of("echo later >&2; exit 75").status == MLMON_RETRY);
  CHECK(result_of("echo later >&2; exit 75").text == "exit code 75: later");
  CHECK(result_of("exit 2").status == MLMON_DEAD);
  CHECK(result_of("exit 2").text == "exit code 2");
  CHECK(result_of("echo dying; kill -SEGV $$").text == "ended by SIGSEGV: dying");
  CHECK(result_of("head -c 100000 /dev/zero | tr '\\0' x; exit 9").text ==
        "exit code 9: " + std::string(1'024, 'x'));
}

TEST_CASE("exec: a time-out is a retry, a program that is not there a dead letter") {
  Host slow(R"([{"type":"exec","command":["sleep","100"],"timeout":"200ms"}])");
  const auto late = slow.deliver(0, {request("fraud")}).at(0);
  CHECK(late.status == MLMON_RETRY);
  CHECK(late.text == "time-out after 200 ms");
  Host missing(R"([{"type":"exec","command":["no-such-program"]}])");
  const auto dead = missing.deliver(0, {request("fraud")}).at(0);
  CHECK(dead.status == MLMON_DEAD);
  CHECK(dead.text == "no-such-program: No such file or directory");
}

TEST_CASE("exec: several actions each start the command") {
  Host host(exec("grep -q fraud || exit 1"));
  const auto results = host.deliver(0, {request("fraud"), request("churn"), request("fraud")});
  REQUIRE(results.size() == 3);
  CHECK(results[0].status == MLMON_DELIVERED);
  CHECK(results[1].status == MLMON_DEAD);
  CHECK(results[2].status == MLMON_DELIVERED);
}

TEST_CASE("http: a server that is not there is a retry without its URL") {
  Host host(R"([{"type":"http","url":"http://u:s3cret@127.0.0.1:1/hidden?key=s3cret"}])");
  const auto result = host.deliver(0, {request("fraud")}).at(0);
  CHECK(result.status == MLMON_RETRY);
  CHECK(result.text.find("127.0.0.1") != std::string::npos);
  CHECK(result.text.find("s3cret") == std::string::npos);
  CHECK(result.text.find("hidden") == std::string::npos);
}

}  // namespace
}  // namespace mlmon::testing
