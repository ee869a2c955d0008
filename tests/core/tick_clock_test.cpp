#include "core/observer/tick_clock.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace mlmon;

namespace {

/// The ticks that events of these times bring, at a period of 10.
std::vector<std::int64_t> ticks_of(const std::vector<std::int64_t>& times, TickClock clock = {}) {
  clock.tick_every(10);
  std::vector<std::int64_t> ticks;
  for (const std::int64_t time : times) {
    if (const auto tick = clock.due_before(time)) ticks.push_back(*tick);
    clock.see(time);
  }
  return ticks;
}

using Ticks = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a tick is due before the event that reaches or passes a multiple of the period") {
  CHECK(ticks_of({1, 9, 10, 11, 19, 21}) == Ticks{10, 20});
  CHECK(ticks_of({10, 20}) == Ticks{20});
}

TEST_CASE("the first event brings none, and of several that are passed at once the last one counts") {
  CHECK(ticks_of({1000}).empty());
  CHECK(ticks_of({1, 57}) == Ticks{50});
}

TEST_CASE("event time never goes back") {
  CHECK(ticks_of({25, 1, 12, 29, 3, 30}) == Ticks{30});
}

TEST_CASE("before 1970 multiples count too, and at the ends of 64 bits nothing overflows") {
  CHECK(ticks_of({-25, -20, -1, 0}) == Ticks{-20, -10, 0});
  CHECK(ticks_of({INT64_MIN, INT64_MIN + 1}).empty());
  CHECK(ticks_of({INT64_MIN, INT64_MAX}) == Ticks{9223372036854775800});
  TickClock rare;
  rare.tick_every(INT64_MAX);
  rare.see(-2);
  CHECK(rare.due_before(-1) == std::nullopt);
  CHECK(rare.due_before(0) == 0);
}

TEST_CASE("a clock that goes on brings what it would have brought") {
  TickClock first;
  first.tick_every(10);
  CHECK(first.text().empty());
  first.see(25);
  TickClock second;
  second.go_on(first.text());
  CHECK(ticks_of({26, 30}, second) == Ticks{30});
  for (const char* junk : {"", "x", "25x", "99999999999999999999"}) {
    TickClock clock;
    clock.go_on(junk);
    CHECK(clock.text().empty());
  }
}

TEST_CASE("without a period there are no ticks") {
  TickClock clock;
  clock.see(1);
  CHECK_FALSE(clock.ticks());
  CHECK(clock.due_before(1'000'000) == std::nullopt);
}
