#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/group_guard.h"
#include "core/result.h"

namespace mlmon {

/// What is to be run. No shell is involved; the program is looked for in PATH.
struct ChildCommand {
  std::vector<std::string> words;  // the program and its arguments; at least one
  std::vector<std::pair<std::string, std::string>> environment;  // beside the process's own
  std::string input;                                             // all of its stdin
  sigset_t signals;                                              // that it has blocked
  std::int64_t grace_ns = 10'000'000'000;  // from SIGTERM to SIGKILL, should this process die
};

/// A command that runs in a process group of its own. The group is killed when this object goes; should this
/// process die, by whatever signal, a guard process sends the group a SIGTERM, and what is left of it after the
/// grace a SIGKILL.
class ChildProcess {
 public:
  /// The error says why the program could not be started, and names it.
  static Result<ChildProcess> start(const ChildCommand& command);

  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), guard_(std::move(other.guard_)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Its status as of waitpid(2) if it has ended. Does not wait, and is not asked again after that.
  std::optional<int> ended();

  /// Sends a signal to the whole group.
  void send(int signal);

 private:
  ChildProcess(pid_t pid, GroupGuard guard) : pid_(pid), guard_(std::move(guard)) {}

  pid_t pid_;  // 0: it has ended
  GroupGuard guard_;
};

}  // namespace mlmon
