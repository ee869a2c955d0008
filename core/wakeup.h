#pragma once

#include <atomic>

#include "core/result.h"

namespace mlmon {

/// Lets other threads wake one that sleeps in poll(2). Calls between two clear()s count as one: change the
/// state first, then wake(); the sleeper calls clear() first, then looks at the state, then wait().
class Wakeup {
 public:
  static Result<Wakeup> open();
  Wakeup(Wakeup&& other) noexcept;
  Wakeup& operator=(Wakeup&&) = delete;
  ~Wakeup();

  /// [any thread] Costs a call of the system only where the other one is asleep.
  void wake();

  /// [the sleeping thread]
  void clear();

  /// [the sleeping thread] Until there was a wake() since clear(), `other_fd` (-1: none) is readable, or
  /// the time is over (-1: never). May also end for no reason. REQUIRES: clear() since the last wait().
  void wait(int other_fd, int timeout_ms);

 private:
  enum class State { kAwake, kWoken, kAsleep };

  explicit Wakeup(int fd) : fd_(fd) {}
  int fd_;
  std::atomic<State> state_{State::kAwake};
};

}  // namespace mlmon
