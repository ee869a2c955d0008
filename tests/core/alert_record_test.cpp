#include "core/store/alert_record.h"

#include <catch2/catch.hpp>

#include "core/store/alert_list.h"
#include "core/store/sql_store.h"
#include "core/store/state_schema.h"
#include "tests/core/run_fixture.h"
#include "tests/core/test_state.h"

using namespace mlmon;

namespace {

/// A state folder to which alerts of one model are committed.
struct Recorded {
  TemporaryFolder folder;
  const std::string place = new_state_place(folder.path(""));
  std::unique_ptr<Store> store;
  ModelTable models;
  std::uint32_t fraud = models.intern("fraud", "1.0.0", {});

  Recorded() { store = open_store_at(place); }

  void add(const std::string& id, const std::string& state, std::uint32_t model = 1,
           const std::string& rule = "f1") {
    const std::string json = "{\"action\":\"alert\",\"id\":\"" + id +
                             "\",\"observer\":\"mine\",\"rule\":\"" + rule +
                             (state.empty() ? "" : "\",\"state\":\"" + state) +
                             "\",\"severity\":\"info\",\"event_time\":\"" + id + "\"}";
    NewAction action;
    action.id = id;
    action.json = json;
    action.model = model;
    action.observer = "mine";
    const AlertMembers change = {rule, state, "info", ""};
    action.alert = &change;
    Checkpoint checkpoint;
    checkpoint.actions.push_back(action);
    REQUIRE(store->commit(checkpoint, models).ok());
  }

  std::vector<Alert> list(bool resolved = false) {
    auto database = open_state_database(place, false);
    REQUIRE(database.ok());
    std::vector<Alert> alerts;
    const auto listed = AlertList(std::move(*database)).list({"", resolved}, [&](const Alert& alert) {
      alerts.push_back(alert);
      return true;
    });
    REQUIRE(listed.ok());
    return alerts;
  }
};

}  // namespace

TEST_CASE("an alert that is told again fires since it began") {
  Recorded recorded;
  recorded.add("t1", "firing");
  recorded.add("t2", "firing");
  const auto alerts = recorded.list();
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].since == "t1");
  CHECK(alerts[0].id == "t1");
  CHECK(alerts[0].newest.id == "t2");
}

TEST_CASE("a telling that failed for good has as many attempts as were made") {
  Recorded recorded;
  Checkpoint checkpoint;
  NewAction action;
  action.id = "t1";
  action.json = R"({"action":"alert","id":"t1","observer":"mine","rule":"f1","state":"firing"})";
  action.model = recorded.fraud;
  action.observer = "mine";
  const AlertMembers change = {"f1", "firing", "", ""};
  action.alert = &change;
  action.endpoints = {*recorded.store->endpoint_number("mine.mail")};
  checkpoint.actions.push_back(action);
  REQUIRE(recorded.store->commit(checkpoint, recorded.models).ok());
  for (const auto status : {Settlement::Status::kWaiting, Settlement::Status::kDead}) {
    const auto due = recorded.store->due(action.endpoints[0], 0, 1);
    REQUIRE(due->size() == 1);
    REQUIRE(recorded.store->settle({{due->at(0).row, status, 1, 0, "busy"}}).ok());
  }
  REQUIRE(recorded.list().at(0).tellings.size() == 1);
  CHECK(recorded.list().at(0).tellings[0].attempts == 2);
}

TEST_CASE("flapping is a way of firing") {
  Recorded recorded;
  recorded.add("t1", "firing");
  recorded.add("t2", "flapping");
  recorded.add("t3", "firing");
  REQUIRE(recorded.list().size() == 1);
  CHECK(recorded.list()[0].since == "t1");
  recorded.add("t4", "resolved");
  CHECK(recorded.list().empty());
  recorded.add("t5", "flapping");
  REQUIRE(recorded.list().size() == 1);
  CHECK(recorded.list()[0].state == "flapping");
  CHECK(recorded.list()[0].since == "t5");
}

TEST_CASE("an alert of any observer without a state is recorded and does not fire") {
  Recorded recorded;
  recorded.add("t1", "");
  CHECK(recorded.list().empty());
  CHECK(recorded.list(true).size() == 1);
}

TEST_CASE("rules and models are apart") {
  Recorded recorded;
  const std::uint32_t churn = recorded.models.intern("churn", "1.0.0", {});
  recorded.add("t1", "firing");
  recorded.add("t2", "firing", churn);
  recorded.add("t3", "firing", recorded.fraud, "drift");
  recorded.add("t4", "resolved", churn);
  const auto alerts = recorded.list();
  REQUIRE(alerts.size() == 2);
  CHECK(alerts[0].rule == "f1");
  CHECK(alerts[1].rule == "drift");
}

TEST_CASE("an id that is known adds nothing to the record") {
  Recorded recorded;
  recorded.add("t1", "firing");
  recorded.add("t2", "resolved");
  recorded.add("t1", "firing");
  CHECK(recorded.list().empty());
}
