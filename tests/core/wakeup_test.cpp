#include "core/wakeup.h"

#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace mlmon;

namespace {

bool readable(const Wakeup& wakeup, int wait_ms = 0) {
  pollfd asked{wakeup.fd(), POLLIN, 0};
  return poll(&asked, 1, wait_ms) == 1;
}

}  // namespace

TEST_CASE("a wake is seen until it is cleared, several as one") {
  Wakeup wakeup = std::move(*Wakeup::open());
  CHECK_FALSE(readable(wakeup));
  wakeup.wake();
  wakeup.wake();
  CHECK(readable(wakeup));
  wakeup.clear();
  CHECK_FALSE(readable(wakeup));
  wakeup.wake();
  CHECK(readable(wakeup));
}

TEST_CASE("no wake is lost: who clears first and then looks sees every change") {
  Wakeup wakeup = std::move(*Wakeup::open());
  constexpr std::uint64_t kChanges = 20'000;
  std::atomic<std::uint64_t> made{0}, seen{0};
  std::thread waker([&] {
    for (std::uint64_t i = 1; i <= kChanges; ++i) {
      made.store(i);
      wakeup.wake();
      // Every now and then wait for the other side, so that the last wake before that must count.
      while (i % 2 == 0 && seen.load() < i) std::this_thread::yield();
    }
  });
  bool lost = false;
  while (seen.load() < kChanges && !lost) {
    wakeup.clear();
    const std::uint64_t now = made.load();
    if (now > seen.load()) {
      seen.store(now);
    } else {
      lost = !readable(wakeup, 10'000);
    }
  }
  CHECK_FALSE(lost);
  seen.store(kChanges);
  waker.join();
}
