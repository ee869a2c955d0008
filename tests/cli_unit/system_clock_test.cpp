#include "cli/system_clock.h"

#include <catch2/catch.hpp>
#include <ctime>

using namespace mlmon;

TEST_CASE("the time of day is that of the system, the other clock never goes back") {
  const SystemClock clock;
  const std::int64_t before = time(nullptr);
  const std::int64_t now = clock.now_ns() / 1'000'000'000;
  CHECK(now >= before - 1);
  CHECK(now <= time(nullptr) + 1);
  std::int64_t last = clock.monotonic_ns();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t next = clock.monotonic_ns();
    if (next < last) FAIL(i);
    last = next;
  }
}
