#include <catch2/catch.hpp>
#include <mlmon/observer.hpp>
#include <new>
#include <stdexcept>
#include <string>

#include "tests/plugins/fake_host.h"

namespace mlmon {
namespace {

using testing::FakeObserverHost;
using testing::metrics;

/// Fails where and how its configuration says.
class Failing final : public Observer {
 public:
  explicit Failing(Setup& setup)
      : where_(setup.config().text("where")), how_(setup.config().text("how")) {
    setup.log(MLMON_LOG_INFO, "made");
    fail("create");
  }
  void on_batch(const Batch&) override { fail("on_batch"); }
  void finish() override { fail("finish"); }

 private:
  void fail(const std::string& here) const {
    if (here != where_) return;
    if (how_ == "runtime_error") throw std::runtime_error("broken in " + here);
    if (how_ == "bad_alloc") throw std::bad_alloc();
    if (how_ == "config_error") throw config_error("limit: is odd");
    throw 42;
  }
  std::string where_, how_;
};

std::string failing(const std::string& where, const std::string& how) {
  return R"({"where":")" + where + R"(","how":")" + how + R"("})";
}

TEST_CASE("observer: no exception leaves the plugin, whatever throws it") {
  const struct {
    const char* how;
    std::int32_t result;
    const char* text;
  } cases[] = {{"runtime_error", MLMON_E_FAILED, "broken in "},
               {"bad_alloc", MLMON_E_NOMEM, "out of memory"},
               {"config_error", MLMON_E_CONFIG, "limit: is odd"},
               {"int", MLMON_E_FAILED, "an exception that is no std::exception"}};
  for (const auto& c : cases) {
    INFO(c.how);
    {
      FakeObserverHost host(ObserverRole<Failing>::table, failing("create", c.how));
      CHECK(host.created == c.result);
      CHECK(host.error.find(c.text) == 0);
      CHECK(host.log == "made\n");
    }
    {
      FakeObserverHost host(ObserverRole<Failing>::table, failing("on_batch", c.how));
      CHECK(host.on_batch({metrics(1, 0.5)}) == c.result);
      CHECK(host.error.find(c.text) == 0);
    }
    FakeObserverHost host(ObserverRole<Failing>::table, failing("finish", c.how));
    CHECK(host.on_batch({metrics(1, 0.5)}) == MLMON_OK);
    CHECK(host.finish() == c.result);
    CHECK(host.error.find(c.text) == 0);
  }
}

TEST_CASE("observer: a configuration that is no JSON is a configuration error") {
  FakeObserverHost host(ObserverRole<Failing>::table, "{");
  CHECK(host.created == MLMON_E_CONFIG);
  CHECK_FALSE(host.error.empty());
}

/// Decides at every event, telling all it can see of it.
class Echo final : public Observer {
 public:
  explicit Echo(Setup&) {}
  void on_batch(const Batch& batch) override {
    for (const Event& event : batch) {
      const Model about = model(event.model());
      Fields fields;
      fields.text("name", about.name).text("version", about.version);
      fields.text("deployed_at", about.deployed_at).text("raw", event.raw());
      fields.number("accuracy", event.accuracy()).number("precision", event.precision());
      fields.number("recall", event.recall()).number("f1", event.f1());
      fields.number("p_value", event.p_value()).number("magnitude", event.magnitude());
      fields.integer("time", event.time_ns()).integer("kind", event.kind());
      fields.integer("samples", event.samples());
      act(event, "echo", "all", "seen", fields);
      if (explaining()) suppress(event, "echo", "all", "test");
    }
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      if (batch[i].row() != batch.row(i)) throw std::logic_error("row");
      if (batch.time_ns()[batch.row(i)] != batch[i].time_ns()) throw std::logic_error("column");
    }
    if (batch.f1().size() != batch.columns().rows) throw std::logic_error("size");
  }
};

TEST_CASE("observer: an event shows every column of its row, also in a selection") {
  FakeObserverHost host(ObserverRole<Echo>::table, "{}");
  testing::Row row = metrics(7, 0.4, 99);
  row.accuracy = 0.1;
  row.precision = 0.2;
  row.recall = 0.3;
  row.p_value = 0.5;
  row.magnitude = 6;
  row.raw = R"({"x":1})";
  REQUIRE(host.on_batch({metrics(1, 0.9), row, metrics(2, 0.9)}, {1}) == MLMON_OK);
  REQUIRE(host.actions.size() == 1);
  CHECK(host.actions[0].row == 1);
  CHECK(host.actions[0].model == 7);
  CHECK(host.actions[0].transition == "seen");
  CHECK(host.actions[0].fields.dump() ==
        R"({"name":"model-7","version":"1.2.7","deployed_at":"2026-01-01T00:00:00Z",)"
        R"("raw":"{\"x\":1}","accuracy":0.1,"precision":0.2,"recall":0.3,"f1":0.4,"p_value":0.5,)"
        R"("magnitude":6,"time":99,"kind":1,"samples":-1})");
  CHECK(host.suppressed.size() == 1);
  CHECK(host.finish() == MLMON_OK);
}

TEST_CASE("observer: what the host refuses ends the batch with the host's own code and text") {
  FakeObserverHost host(ObserverRole<Echo>::table, "{}");
  host.act_result = MLMON_E_INVALID;
  host.error = "fields are no object";
  CHECK(host.on_batch({metrics(1, 0.5), metrics(2, 0.5)}) == MLMON_E_INVALID);
  CHECK(host.error == "fields are no object");
  host.act_result = MLMON_OK;
  CHECK(host.on_batch({metrics(0, 0.5)}) == MLMON_E_NOT_FOUND);
}

TEST_CASE("observer: one that does not migrate says so, and why") {
  FakeObserverHost host(ObserverRole<Failing>::table, failing("", ""));
  CHECK(host.migrate(3) == MLMON_E_UNSUPPORTED);
  CHECK(host.error == "state of version 3 is of no use");
}

}  // namespace
}  // namespace mlmon
