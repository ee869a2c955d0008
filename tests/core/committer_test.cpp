#include "core/store/committer.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "core/store/sql_store.h"
#include "core/wakeup.h"
#include "tests/core/run_fixture.h"
#include "tests/core/test_state.h"

using namespace mlmon;

namespace {

constexpr int kLong = 60'000;  // ms, which nothing here takes

Checkpoint with_action(std::string_view id) {
  Checkpoint checkpoint;
  checkpoint.actions.push_back({id, "{}", 0, {}, false, false, nullptr, "", ""});
  return checkpoint;
}

}  // namespace

TEST_CASE("a checkpoint is committed on another thread, which wakes whoever waits for it") {
  const auto store = open_test_store();
  ModelTable models;
  Wakeup wakeup = std::move(*Wakeup::open());
  std::atomic<std::thread::id> waker{};
  Committer committer(*store, models, [&] {
    waker.store(std::this_thread::get_id());
    wakeup.wake();
  });
  CHECK_FALSE(committer.busy());
  const auto begun = std::chrono::steady_clock::now();
  std::vector<bool> fresh;
  for (const char* id : {"a", "b", "a"}) {
    const Checkpoint checkpoint = with_action(id);
    wakeup.clear();
    committer.begin(checkpoint);
    CHECK(committer.busy());
    while (!committer.over()) {
      wakeup.wait(-1, kLong);
      wakeup.clear();
    }
    const Result<Committed> outcome = committer.take();
    CHECK_FALSE(committer.busy());
    REQUIRE(outcome.ok());
    fresh.push_back(outcome->fresh.at(0));
  }
  CHECK(fresh == std::vector<bool>{true, true, false});
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(kLong));
  CHECK(waker.load() != std::this_thread::get_id());
  const Checkpoint known = with_action("b");
  committer.begin(known);
  const auto outcome = committer.take();
  REQUIRE(outcome.ok());
  CHECK_FALSE(outcome->fresh[0]);
  CHECK_FALSE(committer.busy());
}

TEST_CASE("a commit that is under way is over when its committer is gone") {
  const auto store = open_test_store();
  ModelTable models;
  const Checkpoint checkpoint = with_action("a");
  {
    Committer committer(*store, models, [] {});
    committer.begin(checkpoint);
  }
  const auto lines = store->unwritten(0, 10);
  REQUIRE(lines.ok());
  CHECK(lines->size() == 1);
}

TEST_CASE("a commit that fails says why") {
  FailingStore store;
  store.fail_commits_from = 1;
  ModelTable models;
  Committer committer(store, models, [] {});
  const Checkpoint checkpoint = with_action("a");
  committer.begin(checkpoint);
  const auto outcome = committer.take();
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().text == "the store is full");
}
