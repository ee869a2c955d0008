#include "cli/conformance/process_growth.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#include "cli/conformance/process_state.h"

namespace mlmon {
namespace {

constexpr std::size_t kInARow = 10;
constexpr int kRounds = 50;
constexpr int kSettling = 2;  // of these: caches fill
constexpr std::size_t kLeastBlock = 16;

std::size_t bytes_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// The least by which `count` grows in any round; most plugins show the first without growth soon.
std::size_t steady_growth(const std::function<void()>& once, std::size_t (*count)()) {
  std::size_t least = SIZE_MAX;
  for (int round = 0; round < kRounds && least > 0; ++round) {
    const std::size_t before = count();
    for (std::size_t i = 0; i < kInARow; ++i) once();
    const std::size_t after = count();
    if (round >= kSettling) least = std::min(least, after > before ? after - before : 0);
  }
  return least;
}

/// A thread that was joined may be seen for a moment longer.
std::size_t settled_threads(std::size_t expected) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  std::size_t threads = count_threads();
  while (threads > expected && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
    threads = count_threads();
  }
  return threads;
}

}  // namespace

std::string memory_left_by(const std::function<void()>& once) {
  const std::size_t grown = steady_growth(once, bytes_in_use);
  if (grown < kInARow * kLeastBlock) return "";
  return fmt::format("each instance leaves about {} bytes behind", grown / kInARow);
}

std::string descriptors_left_by(const std::function<void()>& once) {
  const std::size_t grown = steady_growth(once, count_descriptors);
  if (grown < kInARow / 2) return "";
  return fmt::format("{} instances leave {} descriptors open", kInARow, grown);
}

std::string threads_left_by(const std::function<void()>& once) {
  const std::size_t before = count_threads();
  for (int i = 0; i < 3; ++i) once();
  const std::size_t after = settled_threads(before);
  if (after <= before) return "";
  return fmt::format("{} threads run on when destroy has returned", after - before);
}

Verdict what_stays_behind(const std::function<void()>& once) {
  for (const auto left_by : {threads_left_by, descriptors_left_by, memory_left_by}) {
    if (std::string left = left_by(once); !left.empty()) return Verdict::failed(left);
  }
  return Verdict::ok();
}

}  // namespace mlmon
