#include "core/store/sql_store.h"

#include <sys/resource.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "core/store/job_queue.h"
#include "core/store/database.h"
#include "core/store/state_schema.h"
#include "tests/core/run_fixture.h"
#include "tests/core/test_state.h"

using namespace mlmon;

namespace {

std::unique_ptr<Store> open_store() { return open_test_store(); }

/// An action and the endpoints that are to get it; views of literals or of what lives on.
NewAction action(std::string_view id, std::string_view json,
                 std::vector<std::uint32_t> endpoints) {
  NewAction result;
  result.id = id;
  result.json = json;
  result.endpoints = std::move(endpoints);
  return result;
}

/// Commits actions; whether each was new.
Result<std::vector<bool>> commit(Store& store, std::vector<NewAction> actions) {
  Checkpoint checkpoint;
  checkpoint.actions = std::move(actions);
  auto committed = store.commit(checkpoint, ModelTable());
  if (!committed) return committed.error();
  return committed->fresh;
}

/// What became of a try.
Settlement settled(std::int64_t row, Settlement::Status status, std::int64_t next_try_ms = 0,
                   const std::string& error = "") {
  return {row, status, 0, next_try_ms, error};
}

std::vector<std::string> ids_due(Store& store, std::uint32_t endpoint, std::int64_t now_ms,
                                 std::size_t limit = 100) {
  std::vector<std::string> ids;
  const auto due = store.due(endpoint, now_ms, limit);
  REQUIRE(due.ok());
  for (const OutboxItem& item : *due) ids.push_back(item.id);
  return ids;
}

using Ids = std::vector<std::string>;
using Flags = std::vector<bool>;

/// Of the three that endpoint 0 is to get the first is delivered, "b" waits until 500 and the last is dead.
void settle_three(Store& store) {
  const auto due = store.due(0, 0, 10);
  REQUIRE(due->size() == 3);
  using Status = Settlement::Status;
  REQUIRE(store.settle({settled(due->at(0).row, Status::kDelivered),
                        settled(due->at(1).row, Status::kWaiting, 500, "busy"),
                        settled(due->at(2).row, Status::kDead, 0, "gone")})
              .ok());
  CHECK(ids_due(store, 0, 499).empty());
  CHECK(ids_due(store, 0, 500) == Ids{"b"});
  CHECK(store.due(0, 500, 1)->at(0).attempts == 1);
}

}  // namespace

TEST_CASE("an empty text is a text, also one that stands nowhere", "[sqlite]") {
  auto database = Database::open_temporary();
  REQUIRE(database.ok());
  auto statement = database->prepare("SELECT typeof(?)");
  REQUIRE(statement.ok());
  statement->bind(0, std::string_view());
  REQUIRE(*statement->step());
  CHECK(statement->text(0) == "text");
}

TEST_CASE("an action is new once, within a checkpoint and over all") {
  const auto store = open_store();
  CHECK(*commit(*store, {action("a", "{}", {}), action("b", "{}", {}), action("a", "{}", {})}) ==
        Flags{true, true, false});
  CHECK(*commit(*store, {action("b", "{}", {}), action("c", "{}", {})}) == Flags{false, true});
  CHECK(commit(*store, {})->empty());
}

TEST_CASE("what was known already goes to nobody again") {
  const auto store = open_store();
  REQUIRE(commit(*store, {action("a", "{}", {3})}).ok());
  REQUIRE(commit(*store, {action("a", "{}", {3, 4})}).ok());
  CHECK(ids_due(*store, 3, 0) == Ids{"a"});
  CHECK(ids_due(*store, 4, 0).empty());
}

TEST_CASE("each endpoint gets its own, oldest first, at most so many") {
  const auto store = open_store();
  REQUIRE(commit(*store, {action("z", "{\"n\":1}", {0, 1}), action("y", "{\"n\":2}", {1}), action("x", "{}", {})}).ok());
  CHECK(ids_due(*store, 0, 0) == Ids{"z"});
  CHECK(ids_due(*store, 1, 0) == Ids{"z", "y"});
  CHECK(ids_due(*store, 1, 0, 1) == Ids{"z"});
  CHECK(ids_due(*store, 2, 0).empty());
  CHECK(store->due(1, 0, 5)->at(1).json == "{\"n\":2}");
}

TEST_CASE("what is delivered is gone, what waits comes when it is due, what is dead never") {
  const auto store = open_store();
  REQUIRE(commit(*store, {action("a", "{}", {0}), action("b", "{}", {0}), action("c", "{}", {0})}).ok());
  settle_three(*store);
  CHECK(**store->next_due_ms(0) == 500);
  CHECK(store->totals()->waiting == 1);
  CHECK(store->totals()->dead == 1);
}

TEST_CASE("when the next is due is told, or that none waits for a time") {
  const auto store = open_store();
  CHECK_FALSE(store->next_due_ms(0)->has_value());
  REQUIRE(commit(*store, {action("a", "{}", {0}), action("b", "{}", {0, 1})}).ok());
  CHECK_FALSE(store->next_due_ms(0)->has_value());
  const auto due = store->due(0, 0, 10);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto at = static_cast<std::int64_t>(900 - i * 100);
    REQUIRE(store->settle({settled(due->at(i).row, Settlement::Status::kWaiting, at)}).ok());
  }
  CHECK(**store->next_due_ms(0) == 800);
  CHECK_FALSE(store->next_due_ms(1)->has_value());
}

TEST_CASE("a run that keeps nothing delivers from memory, and writes down what failed") {
  const auto store = open_store();
  const auto alone = [](std::string_view id, std::string_view json, std::vector<std::uint32_t> endpoints) {
    NewAction one = action(id, json, std::move(endpoints));
    one.grouping.assign(one.endpoints.size(), {0, 0, true});
    return one;
  };
  REQUIRE(commit(*store, {alone("a", "{}", {0, 1}), alone("b", "{\"b\":1}", {0}), alone("c", "{}", {0})}).ok());
  CHECK(ids_due(*store, 0, 0, 2) == Ids{"a", "b"});
  CHECK(store->totals()->waiting == 3);
  settle_three(*store);
  CHECK(store->totals()->dead == 1);
  CHECK(store->totals()->waiting == 2);  // "a" goes to another endpoint, too
  CHECK(store->due(0, 500, 1)->at(0).json == "{\"b\":1}");
  REQUIRE(store->settle({settled(store->due(1, 0, 1)->at(0).row, Settlement::Status::kDelivered)}).ok());
  CHECK(store->totals()->waiting == 1);

  // Once memory is full the rest waits in the outbox, behind what came before.
  const std::string large(FreshDeliveries::kMostBytes / 2, 'x');
  std::vector<NewAction> many;
  for (const char* id : {"d", "e", "f"}) many.push_back(alone(id, large, {2}));
  REQUIRE(commit(*store, std::move(many)).ok());
  REQUIRE(commit(*store, {alone("g", "{}", {2})}).ok());
  Ids ids;
  for (auto next = store->due(2, 0, 1); !next->empty(); next = store->due(2, 0, 1)) {
    ids.push_back(next->at(0).id);
    REQUIRE(store->settle({settled(next->at(0).row, Settlement::Status::kDelivered)}).ok());
  }
  CHECK(ids == Ids{"d", "e", "f", "g"});
}

TEST_CASE("of those delivered in one round exactly their rows are gone, also where others stand between") {
  const auto store = open_store();
  std::vector<NewAction> actions;
  for (const char* id : {"a", "b", "c", "d", "e", "f"}) actions.push_back(action(id, "{}", {0}));
  REQUIRE(commit(*store, std::move(actions)).ok());
  const auto settle = [&](std::vector<std::size_t> delivered) {
    const auto due = store->due(0, 0, 10);
    std::vector<Settlement> all;
    for (const std::size_t at : delivered) all.push_back(settled(due->at(at).row, Settlement::Status::kDelivered));
    REQUIRE(store->settle(all).ok());
  };
  settle({0, 1, 3, 5});
  CHECK(ids_due(*store, 0, 0) == Ids{"c", "e"});
  REQUIRE(commit(*store, {action("g", "{}", {0})}).ok());
  settle({2});
  CHECK(ids_due(*store, 0, 0) == Ids{"c", "e"});
  settle({1, 0});
  CHECK(ids_due(*store, 0, 0).empty());
}

TEST_CASE("an action counts once, by the worst of its deliveries") {
  const auto store = open_store();
  REQUIRE(commit(*store, {action("a", "{}", {0, 1, 2}), action("b", "{}", {0, 1}), action("c", "{}", {0})}).ok());
  CHECK(store->totals()->waiting == 3);
  using Status = Settlement::Status;
  const auto due = store->due(0, 0, 10);
  for (const OutboxItem& item : *due) {
    REQUIRE(store->settle({settled(item.row, item.id == "a" ? Status::kDead : Status::kDelivered, 0, "x")})
                .ok());
  }
  CHECK(store->totals()->dead == 1);
  CHECK(store->totals()->waiting == 1);
}

TEST_CASE("texts of any bytes come back as they were") {
  const auto store = open_store();
  const std::string json =
      "{\"subject\":\"❗ \\u0000 \xf0\x9f\x98\x80\"}" + std::string(100'000, ' ');
  REQUIRE(commit(*store, {action("a", json, {0})}).ok());
  CHECK(store->due(0, 0, 1)->at(0).json == json);
}

TEST_CASE("commits and deliveries go on side by side") {
  const auto store = open_store();
  std::uint64_t delivered = 0;
  std::thread endpoint([&] {
    while (delivered < 500) {
      std::vector<Settlement> settlements;
      const auto due = store->due(0, 0, 7);
      if (!due) break;
      for (const OutboxItem& item : *due) settlements.push_back(settled(item.row, {}));
      if (!store->settle(settlements)) break;
      delivered += settlements.size();
    }
  });
  for (int i = 0; i < 500; ++i) {
    const std::string id = std::to_string(i);
    CHECK(commit(*store, {action(id, "{}", {0})}).ok());
  }
  endpoint.join();
  CHECK(delivered == 500);
  CHECK(store->totals()->waiting == 0);
}

TEST_CASE("a store whose disk is full fails, and stays failed rather than telling half of it", "[sqlite]") {
  const auto store = open_store();
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small = {1 << 20, before.rlim_max};
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string json = "{\"pad\":\"" + std::string(100'000, 'x') + "\"}";
  bool failed = false;
  for (int i = 0; i < 200 && !failed; ++i) {
    const std::string first = "a" + std::to_string(i), second = "b" + std::to_string(i);
    failed = !commit(*store, {action(first, json, {0}), action(second, json, {0})}).ok();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  REQUIRE(failed);
  CHECK_FALSE(commit(*store, {}).ok());
  CHECK_FALSE(store->due(0, 0, 1).ok());
  CHECK_FALSE(store->next_due_ms(0).ok());
  CHECK_FALSE(store->settle({}).ok());
  CHECK_FALSE(store->totals().ok());
}

namespace {

/// A retraining of a model that goes to targets, not to the queue.
NewAction request(std::string_view id, std::vector<std::uint32_t> endpoints, std::uint32_t model) {
  NewAction result = action(id, "{}", std::move(endpoints));
  result.request = true;
  result.model = model;
  return result;
}

/// The only delivery that waits for the endpoint.
void settle_next(Store& store, std::uint32_t endpoint, Settlement::Status status) {
  const auto due = store.due(endpoint, 0, 1);
  REQUIRE(due.ok());
  REQUIRE(due->size() == 1);
  REQUIRE(store.settle({settled(due->at(0).row, status, 0, "refused")}).ok());
}

}  // namespace

TEST_CASE("a request has failed once each of its deliveries is dead") {
  using Status = Settlement::Status;
  ModelTable models;
  const std::uint32_t model = models.intern("fraud", "1.0.0", {});
  for (const Status first : {Status::kDead, Status::kDelivered}) {
    const auto store = open_store();
    Checkpoint checkpoint;
    checkpoint.actions = {request("a", {1, 2}, model)};
    REQUIRE(store->commit(checkpoint, models).ok());
    REQUIRE(store->changed().ok());
    settle_next(*store, 1, first);
    CHECK(store->untold_ends(models)->empty());
    settle_next(*store, 2, Status::kDead);
    const auto ends = store->untold_ends(models);
    REQUIRE(ends.ok());
    CHECK(ends->size() == (first == Status::kDead ? 1 : 0));
    CHECK(*store->has_ended("a", false) == (first == Status::kDead));
    CHECK(*store->changed() == (first == Status::kDead));
    if (ends->empty()) continue;
    CHECK(ends->at(0).end.job == "a");
    CHECK(ends->at(0).end.status == "failed");
    CHECK(ends->at(0).end.note == "refused");
    CHECK(ends->at(0).model == model);
  }
}

TEST_CASE("whether a job has ended is known after many questions, whoever ended it") {
  const TemporaryFolder folder;
  const std::string place = new_state_place(folder.path(""));
  const auto store = open_store_at(place);
  const FakeClock clock;
  JobQueue queue(std::move(*open_state_database(place, false)), clock);
  ModelTable models;
  const std::uint32_t model = models.intern("fraud", "1.0.0", {});
  Checkpoint checkpoint;
  for (const char* id : {"before", "outside", "inside", "open"}) {
    checkpoint.actions.push_back(action(id, "{}", {}));
    checkpoint.actions.back().job = true;
    checkpoint.actions.back().model = model;
  }
  REQUIRE(store->commit(checkpoint, models).ok());
  REQUIRE(queue.close("before", "failed", "", {}).ok());
  for (int i = 0; i < 150; ++i) CHECK_FALSE(*store->has_ended("unknown", false));
  CHECK(*store->has_ended("before", false));
  CHECK_FALSE(*store->has_ended("open", false));

  // What another process does is seen once it is to be told.
  REQUIRE(queue.close("outside", "done", "", {}).ok());
  REQUIRE(store->untold_ends(models).ok());
  CHECK(*store->has_ended("outside", false));

  Checkpoint reported;
  reported.reported = {{"inside", "done", "", 1}};
  REQUIRE(store->commit(reported, models).ok());
  CHECK(*store->has_ended("inside", false));
  CHECK_FALSE(*store->has_ended("open", false));
}

TEST_CASE("a lock of another program is waited for, but no longer than was said", "[sqlite]") {
  const TemporaryFolder folder;
  const auto patient = std::move(*open_state_store(folder.path("")));
  const auto hasty = std::move(*open_state_store(folder.path(""), 1));
  auto other = std::move(*open_state_database(folder.path(""), false));
  REQUIRE(other.execute("BEGIN IMMEDIATE").ok());
  CHECK_FALSE(hasty->commit({}, ModelTable()).ok());
  std::atomic<bool> committed{false};
  std::thread waiting([&] { committed.store(patient->commit({}, ModelTable()).ok()); });
  CHECK_FALSE(committed.load());
  REQUIRE(other.execute("COMMIT").ok());
  waiting.join();
  CHECK(committed.load());
}

TEST_CASE("a database that was removed or replaced takes nothing more", "[sqlite]") {
  for (const bool replaced : {false, true}) {
    const TemporaryFolder folder;
    const auto store = std::move(*open_state_store(folder.path("")));
    REQUIRE(store->commit({}, ModelTable()).ok());
    if (replaced) {
      std::filesystem::rename(folder.write("other", ""), folder.path("state.db"));
    } else {
      std::filesystem::remove(folder.path("state.db"));
    }
    const auto refused = store->commit({}, ModelTable());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().text.find(replaced ? "was replaced" : "was removed") != std::string::npos);
    CHECK_FALSE(store->changed().ok());
  }
}

TEST_CASE("what holds an endpoint back stays known") {
  const auto store = open_store();
  const std::uint32_t endpoint = *store->endpoint_number("alert.ops");
  CHECK(store->pacing(endpoint)->rests_until_ms == 0);
  CHECK(store->pacing(endpoint)->recent_ms.empty());
  Pacing pacing = *store->pacing(endpoint);
  REQUIRE(*store->change_pacing(endpoint, pacing, [](Pacing& one) {
    one = {17, 16, {3, 5, 8}};
    return true;
  }));
  CHECK_FALSE(*store->change_pacing(endpoint, pacing, [](Pacing& one) { return one.rests_until_ms != 17; }));
  CHECK(store->pacing(endpoint)->rests_until_ms == 17);
  CHECK(store->pacing(endpoint)->recent_ms == std::vector<std::int64_t>{3, 5, 8});
}

TEST_CASE("texts of finished actions go after a week, their ids and what is unfinished stay") {
  constexpr std::int64_t kDay = 86'400'000'000'000;
  const TemporaryFolder folder;
  const std::string place = new_state_place(folder.path(""));
  const auto open = [&] { return open_store_at(place); };
  ModelTable models;
  const std::uint32_t model = models.intern("fraud", "1.0.0", {});
  {
    const auto store = open();
    REQUIRE(store->prune(100 * kDay).ok());
    NewAction job = action("job", "{\"j\":1}", {});
    job.job = true;
    job.model = model;
    Checkpoint checkpoint;
    checkpoint.actions = {action("told", "{\"t\":1}", {}), action("waits", "{\"w\":1}", {1}), job};
    checkpoint.written = 3;
    REQUIRE(store->commit(checkpoint, models).ok());
  }
  const auto texts = [&](std::int64_t day) {
    const auto store = open();
    REQUIRE(store->prune(day * kDay).ok());
    std::vector<std::string> all;
    const auto lines = store->unwritten(0, 10);
    REQUIRE(lines.ok());
    for (const DueLine& line : *lines) all.push_back(line.json);
    return all;
  };
  CHECK(texts(106)[0] == "{\"t\":1}");
  const std::vector<std::string> kept = {"", "{\"w\":1}", "{\"j\":1}"};
  CHECK(texts(107)[0] == "{\"t\":1}");  // noted on day 106 at the earliest that it was there
  CHECK(texts(114) == kept);
  const auto store = open();
  CHECK(*commit(*store, {action("told", "{}", {})}) == Flags{false});
}
