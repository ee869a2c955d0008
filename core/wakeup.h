#pragma once

#include <atomic>

#include "core/result.h"

namespace mlmon {

/// Lets other threads wake one that waits in poll(2). Calls between two clear()s count as one: change the
/// state first, then wake(); the waiter calls clear() first, then looks at the state.
class Wakeup {
 public:
  static Result<Wakeup> open();
  Wakeup(Wakeup&& other) noexcept;
  Wakeup& operator=(Wakeup&&) = delete;
  ~Wakeup();

  /// Readable after wake() until clear().
  int fd() const { return fd_; }

  /// [any thread]
  void wake();

  /// [the waiting thread]
  void clear();

 private:
  explicit Wakeup(int fd) : fd_(fd) {}
  int fd_;
  std::atomic<bool> awake_{false};
};

}  // namespace mlmon
