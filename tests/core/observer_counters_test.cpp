#include "core/observer/observer_counters.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace mlmon;

TEST_CASE("a counter is known by its name, and any thread counts") {
  ObserverCounters counters;
  CHECK(counters.add("seen", "events") == 0);
  CHECK(counters.add("_kept2", "") == 1);
  CHECK(counters.add("seen", "again") == 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) counters.count(1, 2);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(counters.count(2, 1));
  const auto totals = counters.totals();
  REQUIRE(totals.size() == 2);
  CHECK(totals[0].name == "seen");
  CHECK(totals[0].help == "events");
  CHECK(totals[0].total == 0);
  CHECK(totals[1].total == 8000);
}

TEST_CASE("names are words, and there are at most so many") {
  ObserverCounters counters;
  for (const char* bad : {"", "1a", "A", "a-b", "a b", "\xc3\xa4"}) CHECK_FALSE(counters.add(bad, ""));
  CHECK_FALSE(counters.add(std::string(65, 'a'), ""));
  for (std::size_t i = 0; i < ObserverCounters::kMost; ++i) {
    CHECK(counters.add(std::string(i + 1, 'a'), "") == i);
  }
  CHECK_FALSE(counters.add("one_more", ""));
  CHECK(counters.add("aaa", "") == 2);
}
