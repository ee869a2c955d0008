#include <catch2/catch.hpp>
#include <mlmon/delivery.hpp>
#include <stdexcept>

#include "tests/plugins/fake_host.h"

namespace mlmon {
namespace {

using testing::FakeDeliveryHost;

class TwoRouter final : public Router {
 public:
  explicit TwoRouter(DeliverySetup& setup) {
    if (setup.config().has("broken")) throw config_error("broken: is set");
  }
  std::vector<EndpointSpec> endpoints() const override {
    EndpointSpec a, b;
    a.name = "a receiver whose name is too long for the small buffer";
    b.name = "b";
    b.timeout_ms = 5;
    return {a, b};
  }
  std::vector<std::uint32_t> route(const Item& item) const override {
    if (item.id() != "01ID") throw std::logic_error("id");
    return {0, 1};
  }
  std::string describe(const Item& item, std::uint32_t endpoint) const override {
    if (endpoint > 1) throw std::out_of_range("no such endpoint");
    return "a text that is too long for the small buffer: " + std::string(item.id());
  }
};

/// Does what the action's member "do" says.
class Scripted final : public Endpoint {
 public:
  Scripted(DeliverySetup&, std::uint32_t index) : index_(index) {
    if (index > 1) throw std::out_of_range("no such endpoint");
  }
  Outcome deliver(const Item& item) override {
    const std::string what = item.read().text("do");
    if (what == "throw") throw std::runtime_error("a text that is too long for the small buffer");
    if (what == "throw int") throw 1;
    if (what == "dead") return Outcome::dead("404 a text that is too long for the small buffer");
    if (what == "wait") return Outcome::retry("429", 1500);
    tell("delivered by " + std::to_string(index_));
    return Outcome::delivered();
  }
  JobReport poll(const Item& item) override {
    const std::string what = item.read().text("do");
    if (what == "throw") throw std::runtime_error("nobody can say");
    if (what == "open") return JobReport::open();
    return JobReport::failed("a note that is too long for the small buffer");
  }

 private:
  std::uint32_t index_;
};

constexpr const mlmon_delivery_role& kRole = DeliveryRole<TwoRouter, Scripted>::table;

TEST_CASE("delivery: endpoints come in order with the defaults of the contract") {
  FakeDeliveryHost host(kRole, "{}");
  REQUIRE(host.names.size() == 2);
  CHECK(host.names[0] == "a receiver whose name is too long for the small buffer");
  CHECK(host.endpoints[0].timeout_ms == 30'000);
  CHECK(host.endpoints[0].retry_give_up_ms == 86'400'000);
  CHECK(host.endpoints[1].timeout_ms == 5);
  CHECK(host.route("{}") == std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("delivery: a router that cannot be made says why") {
  FakeDeliveryHost host(kRole, R"({"broken":1})");
  CHECK(host.created == MLMON_E_CONFIG);
  CHECK(host.error == "broken: is set");
}

TEST_CASE("delivery: every action has a result of its own, whatever its siblings do") {
  FakeDeliveryHost host(kRole, "{}");
  const auto results = host.deliver(1, {R"({"do":"dead"})", R"({"do":"it"})", R"({"do":"wait"})"});
  REQUIRE(results.size() == 3);
  CHECK(results[0].status == MLMON_DEAD);
  CHECK(results[0].text == "404 a text that is too long for the small buffer");
  CHECK(results[1].status == MLMON_DELIVERED);
  CHECK(results[2].status == MLMON_RETRY);
  CHECK(results[2].retry_after_ms == 1500);
  CHECK(host.told == std::vector<std::string>{"delivered by 1"});
}

TEST_CASE("delivery: behind one that is to be tried again the others are not tried") {
  for (const std::string failing : {R"({"do":"throw"})", R"({"do":"wait"})", "no JSON", R"({"do":"throw int"})"}) {
    FakeDeliveryHost host(kRole, "{}");
    const auto results = host.deliver(1, {R"({"do":"it"})", failing, R"({"do":"it"})"});
    CHECK(results[0].status == MLMON_DELIVERED);
    CHECK(results[1].status == MLMON_RETRY);
    CHECK(results[1].retry_after_ms == (failing == R"({"do":"wait"})" ? 1500 : -1));
    CHECK(results[2].status == 0);  // as it came
    CHECK(host.told.size() == 1);
  }
}

TEST_CASE("delivery: a router describes what an endpoint would do, until it is asked again") {
  FakeDeliveryHost host(kRole, "{}");
  CHECK(host.describe(0, "{}") == "a text that is too long for the small buffer: 01ID");
  CHECK(host.describe(2, "{}") == "");
  CHECK(host.error == "no such endpoint");
}

TEST_CASE("delivery: an endpoint says how far a job is, and an exception is no answer") {
  FakeDeliveryHost host(kRole, "{}");
  CHECK(host.poll(0, R"({"do":"open"})").status == MLMON_JOB_OPEN);
  const auto failed = host.poll(0, R"({"do":"fail"})");
  CHECK(failed.status == MLMON_JOB_FAILED);
  CHECK(failed.text == "a note that is too long for the small buffer");
  CHECK(host.poll(0, R"({"do":"throw"})").status == MLMON_JOB_OPEN);
  CHECK(host.error == "nobody can say");
}

TEST_CASE("delivery: an endpoint that cannot be made says why") {
  FakeDeliveryHost host(kRole, "{}");
  host.deliver(2, {"{}"});
  CHECK(host.endpoint_created == MLMON_E_FAILED);
  CHECK(host.error == "no such endpoint");
}

}  // namespace
}  // namespace mlmon
