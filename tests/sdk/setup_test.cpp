#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <mlmon/observer.hpp>
#include <string>

#include "tests/plugins/fake_host.h"

namespace mlmon {
namespace {

using testing::FakeObserverHost;
using testing::metrics;
using testing::Row;

constexpr std::uint32_t kServices10 = offsetof(mlmon_observer_services, project);

Row with_raw(const std::string& raw, std::uint32_t kind = MLMON_KIND_METRICS) {
  Row row = metrics(1, 0.5);
  row.raw = raw;
  row.kind = kind;
  return row;
}

/// Asks for all that there is, and says what it finds.
class Asking final : public Observer {
 public:
  explicit Asking(Setup& setup)
      : number_(setup.number_field("/n")),
        integer_(setup.integer_field("/i")),
        boolean_(setup.boolean_field("/b")),
        text_(setup.text_field("/t/0", "drift")),
        json_(setup.json_field("/j")),
        seen_(setup.counter("seen", "events")),
        deploy_(setup.subscribe("deploy")) {
    setup.tick_every(std::chrono::minutes(5));
  }

  void on_batch(const Batch& batch) override {
    for (const Event& event : batch) {
      seen_.add();
      if (event.kind() == deploy_) seen_.add(100);
      Fields fields;
      fields.number("n", number_(event));
      if (const auto value = integer_(event)) fields.integer("i", *value);
      if (const auto value = boolean_(event)) fields.flag("b", *value);
      if (const auto value = text_(event)) fields.text("t", *value);
      if (const auto value = json_(event)) fields.json("j", *value);
      act(event, "saw", "all", fields);
      emit({event, 7}, "made", Fields().integer("n", 1));
      keep(event.model(), "k", "v");
      if (number_(batch)[event.row()] == number_(event)) seen_.add(1000);
    }
  }

  void on_tick(const Tick& tick) override {
    each_kept(MLMON_EVERY_MODEL, [&](mlmon_model about, std::string_view key, std::string_view value) {
      act({tick, about}, "alert", std::string(key) + std::string(value), "firing",
          Fields().integer("at", tick.time_ns));
      suppress({tick, about}, "alert", "k", "cooldown", tick.time_ns + 1);
    });
  }

  bool migrate(std::uint32_t from_version) override { return from_version == 1; }

 private:
  NumberField number_;
  IntegerField integer_;
  BooleanField boolean_;
  TextField text_, json_;
  Counter seen_;
  std::uint32_t deploy_;
};

TEST_CASE("setup: fields are read from their columns, and what is absent is told apart") {
  FakeObserverHost host(ObserverRole<Asking>::table, "{}");
  REQUIRE(host.created == MLMON_OK);
  CHECK(host.projections[3] == std::make_pair(std::string("/t/0"), MLMON_COLUMN_TEXT));
  REQUIRE(host.on_batch({with_raw(R"({"n":1.5,"i":-2,"b":false,"t":["x"],"j":[null]})"),
                         with_raw("{}", 16)}) == MLMON_OK);
  CHECK(host.actions.at(0).fields.dump() == R"({"n":1.5,"i":-2,"b":false,"t":"x","j":[null]})");
  CHECK(host.actions.at(1).fields.dump() == "{}");
  CHECK(host.counters == std::map<std::string, std::uint64_t>{{"seen", 1102}});
  CHECK(host.subscribed == std::vector<std::string>{"deploy"});
}

TEST_CASE("setup: an event is emitted about any model, because of a row") {
  FakeObserverHost host(ObserverRole<Asking>::table, "{}");
  REQUIRE(host.on_batch({metrics(1, 0.5), metrics(2, 0.5)}) == MLMON_OK);
  REQUIRE(host.emitted.size() == 2);
  CHECK(host.emitted[1].type == "made");
  CHECK(host.emitted[1].row == 1);
  CHECK(host.emitted[1].model == 7);
  CHECK(host.emitted[1].fields["n"] == 1);
}

TEST_CASE("setup: a tick decides about models, without a row") {
  FakeObserverHost host(ObserverRole<Asking>::table, "{}");
  CHECK(host.tick_every_ns == 300'000'000'000);
  REQUIRE(host.on_batch({metrics(3, 0.5), metrics(2, 0.5)}) == MLMON_OK);
  host.actions.clear();
  REQUIRE(host.on_tick(600) == MLMON_OK);
  REQUIRE(host.actions.size() == 2);
  CHECK(host.actions[0].model == 2);
  CHECK(host.actions[0].rule == "kv");
  CHECK(host.actions[0].fields["at"] == 600);
  CHECK(host.suppressed.at(1).why == "cooldown");
}

TEST_CASE("setup: migration is told as done, or as not possible") {
  FakeObserverHost host(ObserverRole<Asking>::table, "{}");
  CHECK(host.migrate(1) == MLMON_OK);
  CHECK(host.migrate(2) == MLMON_E_UNSUPPORTED);
}

TEST_CASE("setup: an older host is refused with words by who needs a newer one") {
  FakeObserverHost host(ObserverRole<Asking>::table, "{}", kServices10);
  CHECK(host.created == MLMON_E_UNSUPPORTED);
  CHECK(host.error == "this mlmon is too old for the plugin: it needs ABI 1.1");
}

/// Does without what the host does not have.
class Adapting final : public Observer {
 public:
  explicit Adapting(Setup& setup) {
    if (setup.newer()) seen_ = setup.counter("seen", "events");
  }
  void on_batch(const Batch& batch) override {
    seen_.add(batch.size());
    for (const Event& event : batch) act(event, "saw", "all", {});
    each_kept(0, [](mlmon_model, std::string_view, std::string_view) {});
  }

 private:
  Counter seen_;
};

TEST_CASE("setup: an older host is made do with by who asks first") {
  FakeObserverHost newest(ObserverRole<Adapting>::table, "{}");
  CHECK(newest.on_batch({metrics(1, 0.5)}) == MLMON_OK);
  CHECK(newest.counters["seen"] == 1);
  FakeObserverHost oldest(ObserverRole<Adapting>::table, "{}", kServices10);
  REQUIRE(oldest.created == MLMON_OK);
  CHECK(oldest.on_batch({metrics(1, 0.5)}) == MLMON_E_UNSUPPORTED);
  CHECK(oldest.actions.size() == 1);
  CHECK(oldest.error.find("ABI 1.1") != std::string::npos);
}

constexpr ClassSpec kPlain = observer_class<Adapting>("a", "1.0.0", "s");
constexpr ClassSpec kFull =
    observer_class<Adapting>("a", "1.0.0", "s").subscribes("x y").emits("z").state_version(3);

TEST_CASE("setup: a class says what it subscribes to, what it emits and which state it has") {
  static constexpr ClassSpec kSpecs[] = {kPlain, kFull};
  const auto classes = to_classes(kSpecs);
  CHECK(classes[0].subscribes == nullptr);
  CHECK(classes[0].state_version == 0);
  CHECK(classes[1].subscribes == std::string("x y"));
  CHECK(classes[1].emits == std::string("z"));
  CHECK(classes[1].state_version == 3);
  CHECK(oldest_host(kSpecs) == 1);
  static constexpr ClassSpec kPlainSpecs[] = {kPlain};
  CHECK(oldest_host(kPlainSpecs) == 0);
}

}  // namespace
}  // namespace mlmon
