#include "core/wakeup.h"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

using namespace mlmon;

namespace {

constexpr int kForEver = 60'000;

/// Milliseconds until the wait was over.
long long waited(Wakeup& wakeup, int other_fd, int timeout_ms) {
  const auto begin = std::chrono::steady_clock::now();
  wakeup.wait(other_fd, timeout_ms);
  const auto over = std::chrono::steady_clock::now() - begin;
  return std::chrono::duration_cast<std::chrono::milliseconds>(over).count();
}

}  // namespace

TEST_CASE("a wake ends the next wait at once, several count as one") {
  Wakeup wakeup = std::move(*Wakeup::open());
  wakeup.wake();
  wakeup.wake();
  CHECK(waited(wakeup, -1, kForEver) < kForEver);
  CHECK(waited(wakeup, -1, kForEver) < kForEver);  // it was not cleared
  wakeup.clear();
  CHECK(waited(wakeup, -1, 20) >= 20);
}

TEST_CASE("a wait ends when the other descriptor is readable") {
  Wakeup wakeup = std::move(*Wakeup::open());
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  wakeup.clear();
  CHECK(waited(wakeup, ends[0], 20) >= 20);
  REQUIRE(write(ends[1], "x", 1) == 1);
  wakeup.clear();
  CHECK(waited(wakeup, ends[0], kForEver) < kForEver);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a wake that ended a wait does not end the one behind it") {
  Wakeup wakeup = std::move(*Wakeup::open());
  wakeup.clear();
  std::thread waker([&] { wakeup.wake(); });
  wakeup.wait(-1, kForEver);
  waker.join();
  // That wake may have come before the wait or in it: in either case it is used up by now.
  wakeup.clear();
  wakeup.wait(-1, 0);
  wakeup.clear();
  CHECK(waited(wakeup, -1, 20) >= 20);
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
      lost = waited(wakeup, -1, kForEver) >= kForEver;
    }
  }
  CHECK_FALSE(lost);
  seen.store(kChanges);
  waker.join();
}
