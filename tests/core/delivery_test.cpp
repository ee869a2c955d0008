// core/delivery/router_host.h, core/delivery/endpoint_host.h and core/delivery/delivery_services.h, through whole runs.

#include <catch2/catch.hpp>

#include "core/delivery/endpoint_host.h"
#include "core/delivery/router_host.h"
#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

/// A run in which ten alerts go to the endpoints "one" and "two" of a plugin that does `how`.
class Delivering : public TestRun {
 public:
  explicit Delivering(const std::string& how) : TestRun({}) {
    intake.paths = {folder_.write("a", event_lines(100, 10))};
    observers = {{}};
    observers[0].plugin = "delivers_badly";
    observers[0].name = "courier";
    observers[0].config = "{\"how\":\"" + how + "\"}";
    options.deliver_timeout_ns = 0;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("what both endpoints have taken is delivered") {
  Delivering run("well");
  run.options.deliver_timeout_ns = 60'000'000'000;
  run.run();
  CHECK(run.error.empty());
  CHECK(run.failures.empty());
  CHECK(run.contradictions() == "");
  CHECK(run.receipt.actions.delivered == 10);
}

TEST_CASE("an action that nobody gets is delivered once it is written") {
  Delivering run("nobody");
  run.run();
  CHECK(run.contradictions() == "");
  CHECK(run.receipt.actions.delivered == 10);
}

TEST_CASE("without deliveries nothing is delivered but what is written") {
  Delivering run("dead");
  run.options.deliver = false;
  run.run();
  CHECK(run.contradictions() == "");
  CHECK(run.receipt.actions.delivered == 10);
}

TEST_CASE("an endpoint that fails delays not the other, and its actions wait") {
  for (const char* how : {"deliver", "retry", "nonsense"}) {
    Delivering run(how);
    run.run();
    INFO(how);
    CHECK(run.error.empty());
    CHECK(run.contradictions() == "");
    CHECK(run.receipt.actions.waiting == 10);
    CHECK(run.lines().size() == 10);
  }
}

TEST_CASE("an action whose one delivery is dead is dead, though the other endpoint took it") {
  Delivering run("dead");
  run.options.deliver_timeout_ns = 60'000'000'000;
  run.run();
  CHECK(run.contradictions() == "");
  CHECK(run.receipt.actions.dead == 10);
  CHECK(run.log.text().find("courier.one: failed for good: moved away") != std::string::npos);
}

TEST_CASE("what was refused once is tried again before the run ends") {
  const RealClock clock;
  Delivering run("second_try");
  run.clock = &clock;
  run.options.deliver_timeout_ns = 60'000'000'000;
  run.run();
  CHECK(run.contradictions() == "");
  CHECK(run.receipt.actions.delivered == 10);
}

TEST_CASE("an endpoint that cannot be made is named; the other gets its actions, the run goes on") {
  Delivering run("create");
  run.run();
  CHECK(run.error.empty());
  CHECK(run.contradictions() == "");
  REQUIRE(run.failures.size() == 1);
  CHECK(run.failures[0] == "courier.one: no truck");
  CHECK(run.receipt.actions.waiting == 10);
  CHECK(run.lines().size() == 10);
}

TEST_CASE("a router that fails costs its own deliveries only") {
  for (const char* how : {"route", "routes_too_many", "routes_to_none_such"}) {
    Delivering run(how);
    run.observers.push_back({});
    run.run();
    INFO(how);
    CHECK(run.error.empty());
    CHECK(run.contradictions() == "");
    REQUIRE(run.failures.size() == 1);
    CHECK(run.failures[0].find("courier: route: ") == 0);
    CHECK(run.receipt.actions.waiting == 10);  // the next run asks its router again
    CHECK(run.receipt.actions.delivered == 10);
    CHECK(run.lines().size() == 20);
  }
}

TEST_CASE("an observer whose router cannot be made is not started") {
  for (const char* how : {"router_create", "endpoints", "same_name"}) {
    Delivering run(how);
    run.observers.push_back({});
    run.run();
    INFO(how);
    CHECK_FALSE(run.observer(0).failure.empty());
    CHECK(run.observer(0).counts.dropped == 100);
    CHECK(run.observer(1).counts.actions == 10);
    CHECK(run.contradictions() == "");
  }
}

TEST_CASE("a store that takes no settlements stops the endpoint and not the run") {
  Delivering run("well");
  run.store->fail_settlements = true;
  run.options.deliver_timeout_ns = 60'000'000'000;
  run.run();
  CHECK(run.error.empty());
  CHECK(run.contradictions() == "");
  CHECK(run.failures == std::vector<std::string>{"the store is full"});  // of both, said once
  CHECK(run.lines().size() == 10);
}
