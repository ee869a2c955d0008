#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>

#include "core/result.h"

namespace mlmon {

/// A process that outlives this one for a moment: should this process die, by whatever signal, it ends a process
/// group with SIGTERM, and what is left of it after a grace with SIGKILL. It holds no file of this process open.
class GroupGuard {
 public:
  static Result<GroupGuard> start(std::int64_t grace_ns);

  /// Ends the guard; the group is left alone.
  ~GroupGuard() { stop(); }
  GroupGuard(GroupGuard&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), pipe_(std::exchange(other.pipe_, -1)) {}
  GroupGuard& operator=(GroupGuard&&) = delete;

  void stop();

  /// To be called in a forked child that leads the group, before its exec: from here on the guard knows the
  /// group. Safe in a signal handler.
  void watch_this_process() const;

 private:
  GroupGuard(pid_t pid, int pipe) : pid_(pid), pipe_(pipe) {}

  pid_t pid_;
  int pipe_;  // open in this process alone: when it dies, the guard reads the end
};

/// Starts a process that ends what is left of the group which this one leads as soon as `other` or this process has died,
/// by whatever signal. A process that has left the group is not reached. To be called before there are threads.
void end_group_after(pid_t other);

}  // namespace mlmon
