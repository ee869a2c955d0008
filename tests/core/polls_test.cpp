#include "core/store/polls.h"

#include <catch2/catch.hpp>

#include "core/store/sql_store.h"
#include "tests/core/run_fixture.h"
#include "tests/core/test_state.h"

using namespace mlmon;

namespace {

using Status = Settlement::Status;

constexpr char kModel[] =
    R"("model":{"name":"fraud","version":"2.1.0","deployed_at":"2026-01-01T00:00:00.5Z"}})";

/// A state in which endpoint 1 has taken the retraining "a", and endpoint 2 is to be given it, too.
struct Asked {
  explicit Asked(bool queue = false) {
    store = open_store_at(place);
    const auto model = models.intern("fraud", "2.1.0", {1767225600, 500'000'000});
    Checkpoint checkpoint;
    NewAction action;
    action.id = "a";
    action.json = json;
    action.model = model;
    action.endpoints = {1, 2};
    action.request = true;
    action.job = queue;
    checkpoint.actions = {action};
    checkpoint.written = 1;
    REQUIRE(store->commit(checkpoint, models).ok());
    take(1, 500);
  }

  void take(std::uint32_t endpoint, std::int64_t poll_ms) {
    const auto due = store->due(endpoint, 0, 1);
    REQUIRE(due.ok());
    Settlement settlement{due->at(0).row, Status::kDelivered, 100, 0, ""};
    settlement.poll_ms = poll_ms;
    REQUIRE(store->settle({settlement}).ok());
  }

  std::vector<OutboxItem> due_polls(std::uint32_t endpoint, std::int64_t now_ms) {
    const auto due = store->due_polls(endpoint, now_ms, 10);
    REQUIRE(due.ok());
    return *due;
  }

  void settle(std::uint32_t endpoint, std::int64_t row, std::optional<JobEnd> end,
              std::int64_t next_ms = 0) {
    REQUIRE(store->settle_polls(endpoint, {{row, next_ms, std::move(end)}}).ok());
  }

  TemporaryFolder folder;
  const std::string place = new_state_place(folder.path(""));
  ModelTable models;
  const std::string json = R"({"action":"retrain","id":"a",)" + std::string(kModel);
  std::unique_ptr<Store> store;
};

JobEnd failed() { return {"a", "failed", "out of memory", 42}; }

}  // namespace

TEST_CASE("polls: what was delivered is asked for from its time on, by the endpoint that took it") {
  Asked asked;
  CHECK(asked.due_polls(1, 499).empty());
  CHECK(*asked.store->next_poll_ms(1) == 500);
  CHECK_FALSE(*asked.store->next_poll_ms(2));
  CHECK(asked.due_polls(2, 1000).empty());
  const auto due = asked.due_polls(1, 500);
  REQUIRE(due.size() == 1);
  CHECK(due[0].id == "a");
  CHECK(due[0].json == asked.json);

  asked.settle(1, due[0].row, std::nullopt, 900);
  CHECK(asked.due_polls(1, 899).empty());
  CHECK(*asked.store->next_poll_ms(1) == 900);
  CHECK(asked.store->untold_ends(asked.models)->empty());
}

TEST_CASE("polls: an end is told of once, about its model, and nobody is asked any more") {
  Asked asked;
  asked.take(2, 500);
  (void)asked.store->changed();
  CHECK_FALSE(*asked.store->changed());
  const std::int64_t row = asked.due_polls(1, 500).at(0).row;
  asked.settle(1, row, failed());
  CHECK(*asked.store->changed());
  const auto ends = asked.store->untold_ends(asked.models);
  REQUIRE(ends->size() == 1);
  CHECK(ends->at(0).end.job == "a");
  CHECK(ends->at(0).end.status == "failed");
  CHECK(ends->at(0).end.note == "out of memory");
  CHECK(ends->at(0).end.at_ns == 42);
  CHECK(asked.models.at(ends->at(0).model).name == "fraud");
  CHECK(*asked.store->has_ended("a", false));
  for (const std::uint32_t endpoint : {1u, 2u}) {
    CHECK(asked.due_polls(endpoint, 1'000'000).empty());
    CHECK_FALSE(*asked.store->next_poll_ms(endpoint));
  }
  asked.settle(2, row, JobEnd{"a", "done", "", 43});  // it was asked meanwhile
  CHECK(asked.store->untold_ends(asked.models)->at(0).end.status == "failed");
}

TEST_CASE("polls: the end closes a job that waits in the queue as well") {
  Asked asked(true);
  asked.settle(1, asked.due_polls(1, 500).at(0).row, failed());
  const auto ends = asked.store->untold_ends(asked.models);
  REQUIRE(ends->size() == 1);
  CHECK(ends->at(0).end.status == "failed");
}

TEST_CASE("polls: what is asked for keeps its text") {
  Asked asked;
  asked.take(2, 0);
  constexpr std::int64_t kDayNs = 86'400'000'000'000;
  for (std::int64_t day = 0; day < 30; ++day) {
    asked.store.reset();
    asked.store = open_store_at(asked.place);
    REQUIRE(asked.store->prune(day * kDayNs).ok());
  }
  CHECK(asked.due_polls(1, 500).at(0).json == asked.json);
}
