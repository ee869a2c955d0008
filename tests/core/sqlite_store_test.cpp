#include "core/store/sqlite_store.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

using namespace mlmon;

namespace {

std::unique_ptr<Store> open_store() {
  auto opened = open_temporary_store();
  REQUIRE(opened.ok());
  return std::move(*opened);
}

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

}  // namespace

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
  const auto due = store->due(0, 0, 10);
  using Status = Settlement::Status;
  REQUIRE(store->settle({settled(due->at(0).row, Status::kDelivered),
                        settled(due->at(1).row, Status::kWaiting, 500, "busy"),
                        settled(due->at(2).row, Status::kDead, 0, "gone")})
              .ok());
  CHECK(ids_due(*store, 0, 499).empty());
  CHECK(ids_due(*store, 0, 500) == Ids{"b"});
  CHECK(store->due(0, 500, 1)->at(0).attempts == 1);
  CHECK(**store->next_due_ms(0) == 500);
  CHECK(store->totals()->waiting == 1);
  CHECK(store->totals()->dead == 1);
}

TEST_CASE("when the next is due is told, or that none waits") {
  const auto store = open_store();
  CHECK_FALSE(store->next_due_ms(0)->has_value());
  REQUIRE(commit(*store, {action("a", "{}", {0}), action("b", "{}", {0, 1})}).ok());
  CHECK(**store->next_due_ms(0) == 0);
  const auto due = store->due(0, 0, 10);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto at = static_cast<std::int64_t>(900 - i * 100);
    REQUIRE(store->settle({settled(due->at(i).row, Settlement::Status::kWaiting, at)}).ok());
  }
  CHECK(**store->next_due_ms(0) == 800);
  CHECK(**store->next_due_ms(1) == 0);
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

TEST_CASE("a store whose disk is full fails, and stays failed rather than telling half of it") {
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
