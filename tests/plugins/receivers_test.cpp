// plugins/alert/receivers.h, through the C ABI.

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/plugins/fake_host.h"

namespace mlmon::testing {
namespace {

const mlmon_delivery_role& alert() {
  static const mlmon_plugin& plugin = load_plugin(MLMON_PLUGIN_DIR "/alert.so");
  return *plugin.classes[0]->delivery;
}

struct Host : FakeDeliveryHost {
  explicit Host(const std::string& receivers)
      : FakeDeliveryHost(alert(),
                         R"({"min_f1":0.6,"max_p_value":0.05,"receivers":)" + receivers + "}") {}
};

using Indices = std::vector<std::uint32_t>;

std::string alarm(const std::string& model, const std::string& rule = "low_f1",
                  const std::string& severity = "critical", const std::string& more = "") {
  return R"({"action":"alert","id":"01ID","rule":")" + rule + R"(","state":"firing","severity":")" +
         severity + R"(","model":{"name":")" + model + R"(","version":"2.1.0"},)" + more +
         R"("subject":"❗ Low F1 score","body":"Model m\nF1 dropped"})";
}

class Folder {
 public:
  Folder() {
    std::string made = std::filesystem::temp_directory_path().string() + "/mlmon-XXXXXX";
    REQUIRE(mkdtemp(made.data()));
    path_ = made;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string file(const std::string& path) {
  return R"([{"name":"log","type":"file","path":")" + path + "\"}]";
}

TEST_CASE("receivers: without any, alerts are told at the terminal") {
  for (const char* config : {R"({"min_f1":0.6,"max_p_value":0.05})",
                             R"({"min_f1":0.6,"max_p_value":0.05,"receivers":[]})"}) {
    FakeDeliveryHost host(alert(), config);
    CHECK(host.names == std::vector<std::string>{"stderr"});
    CHECK(host.route(alarm("fraud")) == Indices{0});
    CHECK(host.route(R"({"action":"retrain"})").empty());
    CHECK(host.deliver(0, {alarm("fraud")}).at(0).status == MLMON_DELIVERED);
    CHECK(host.told == std::vector<std::string>{"❗ Low F1 score\n  Model m\n  F1 dropped"});
  }
}

TEST_CASE("receivers: all that a filter names must fit") {
  Host host(R"([{"name":"all","type":"stderr"},
    {"name":"severe","type":"stderr","severity":["critical","warning"]},
    {"name":"models","type":"stderr","models":["fraud*","!*-eu"]},
    {"name":"rules","type":"stderr","rules":["low_*"]},
    {"name":"labels","type":"stderr","labels":{"team":"risk","tier":"1"}},
    {"name":"both","type":"stderr","severity":["info"],"rules":["low_*"]},
    {"name":"none","type":"stderr","severity":[]}])");
  CHECK(host.route(alarm("fraud")) == Indices{0, 1, 2, 3});
  CHECK(host.route(alarm("fraud-eu", "drift", "warning")) == Indices{0, 1});
  CHECK(host.route(alarm("churn", "low_auc", "info")) == Indices{0, 3, 5});
  const auto labelled = [&](const char* labels) {
    return host.route(alarm("churn", "drift", "info", std::string("\"labels\":") + labels + ","));
  };
  CHECK(labelled(R"({"team":"risk","tier":"1","more":"x"})") == Indices{0, 4});
  CHECK(labelled(R"({"team":"risk","tier":"2"})") == Indices{0});
  CHECK(labelled(R"({"team":"risk"})") == Indices{0});
  CHECK(labelled("{}") == Indices{0});
}

TEST_CASE("receivers: what cannot be used is refused when the router is made") {
  for (const auto& [receivers, error] : std::vector<std::pair<const char*, const char*>>{
           {R"([{"type":"stderr"}])", "receivers[0].name: is missing"},
           {R"([{"name":"a","type":"stderr"},{"name":"a","type":"stderr"}])",
            "receivers[1].name: \"a\" is taken"},
           {R"([{"name":"a","type":"file"}])", "receivers[0]: type \"file\" needs path"},
           {R"([{"name":"a","type":"exec"}])", "receivers[0]: type \"exec\" needs command"},
           {R"([{"name":"a","type":"webhook"}])", "receivers[0]: type \"webhook\" needs url"},
           {R"([{"name":"a","type":"stderr","path":"x"}])",
            "receivers[0].path: type \"stderr\" takes no path"},
           {R"([{"name":"a","type":"file","path":"x","secret":"s3cret"}])",
            "receivers[0].secret: type \"file\" takes no secret"},
           {R"([{"name":"a","type":"webhook","url":"http://x/","method":"PUT"}])",
            "receivers[0].method: type \"webhook\" takes no method"}}) {
    Host host(receivers);
    INFO(receivers);
    CHECK(host.created == MLMON_E_CONFIG);
    CHECK(host.error == error);
  }
}

TEST_CASE("file: each action is one line, appended, in a file that may be rotated away") {
  const Folder folder;
  const std::string path = folder / "alerts.ndjson";
  std::ofstream(path) << "before\n";
  Host host(file(path));
  CHECK(host.deliver(0, {alarm("a"), alarm("b")}).at(1).status == MLMON_DELIVERED);
  CHECK(read_file(path) == "before\n" + alarm("a") + "\n" + alarm("b") + "\n");
  std::filesystem::rename(path, path + ".1");
  host.deliver(0, {alarm("c")});
  CHECK(read_file(path) == alarm("c") + "\n");
}

TEST_CASE("file: a line that a killed run left half written is completed, another's ends") {
  const Folder folder;
  const std::string path = folder / "alerts";
  std::ofstream(path) << alarm("z") << "\n" << alarm("a").substr(0, 20);
  Host host(file(path));
  host.deliver(0, {alarm("a")});
  CHECK(read_file(path) == alarm("z") + "\n" + alarm("a") + "\n");
  std::ofstream(path, std::ios::app) << "theirs";
  host.deliver(0, {alarm("b")});
  CHECK(read_file(path) == alarm("z") + "\n" + alarm("a") + "\ntheirs\n" + alarm("b") + "\n");
}

TEST_CASE("file: what fails is a retry that names the path") {
  const Folder folder;
  const auto outcome = [](const std::string& path) {
    Host host(file(path));
    return host.deliver(0, {alarm("a")}).at(0);
  };
  const auto missing = outcome(folder / "no/such");
  CHECK(missing.status == MLMON_RETRY);
  CHECK(missing.text == (folder / "no/such") + ": No such file or directory");
  CHECK(outcome(folder / "").text.find("Is a directory") != std::string::npos);
  CHECK(outcome("/dev/full").status == MLMON_RETRY);
  CHECK(outcome("/dev/full").text == "/dev/full: No space left on device");
}

TEST_CASE("file: a pipe that nobody reads holds nobody up") {
  const Folder folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  Host host(file(folder / "pipe"));
  CHECK(host.deliver(0, {alarm("a")}).at(0).status == MLMON_RETRY);
}

TEST_CASE("exec: the reason of an alert is its subject") {
  Host host(R"([{"name":"x","type":"exec","command":["sh","-c",
                "echo \"$MLMON_JOB_ID $MLMON_MODEL_NAME $MLMON_REASON\"; exit 1"]}])");
  const auto result = host.deliver(0, {alarm("fraud")}).at(0);
  CHECK(result.status == MLMON_DEAD);
  CHECK(result.text == "exit code 1: 01ID fraud ❗ Low F1 score");
}

TEST_CASE("webhook: a server that is not there is a retry") {
  Host host(R"([{"name":"x","type":"webhook","url":"http://127.0.0.1:1/","secret":"s3cret"}])");
  const auto result = host.deliver(0, {alarm("fraud"), alarm("churn")});
  REQUIRE(result.size() == 2);
  CHECK(result[1].status == MLMON_RETRY);
  CHECK(result[1].text.find("s3cret") == std::string::npos);
}

}  // namespace
}  // namespace mlmon::testing
