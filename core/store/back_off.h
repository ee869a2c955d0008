#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <utility>

#include "core/time_units.h"

namespace mlmon {

inline std::int64_t ns_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin).count();
}

/// Less, if a signal comes.
inline void pause_ms(std::int64_t ms) {
  const timespec time{ms / 1000, ms % 1000 * 1'000'000};
  ::nanosleep(&time, nullptr);
}

/// Pauses between tries, each twice as long as the one before and at most five seconds, for so long in all.
class BackOff {
 public:
  explicit BackOff(std::int64_t limit_ns) : limit_ns_(limit_ns) {}

  std::int64_t left_ns() const { return std::max<std::int64_t>(limit_ns_ - ns_since(first_), 0); }
  bool over() const { return left_ns() == 0; }
  bool has_paused() const { return next_ms_ != kFirstMs; }

  void pause() {
    pause_ms(std::min(next_ms_, left_ns() / kNsPerMs));
    next_ms_ = std::min(2 * next_ms_, kLongestMs);
  }

  /// What a connection broke under is begun anew once at once, from then on after a pause; it may be what it asks
  /// for that ends the server's process. False: the time is over.
  bool go_on_after_break() {
    if (!std::exchange(broke_, true)) return true;
    if (over()) return false;
    pause();
    return true;
  }

 private:
  static constexpr std::int64_t kFirstMs = 100, kLongestMs = 5000;

  const std::int64_t limit_ns_;
  const std::chrono::steady_clock::time_point first_ = std::chrono::steady_clock::now();
  std::int64_t next_ms_ = kFirstMs;
  bool broke_ = false;
};

}  // namespace mlmon
