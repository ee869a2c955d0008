#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// What is to be run. No shell is involved; the program is looked for in PATH.
struct ChildCommand {
  std::vector<std::string> words;  // the program and its arguments; at least one
  std::vector<std::pair<std::string, std::string>> environment;  // beside the process's own
  std::string input;                                             // all of its stdin
  sigset_t signals;                                              // that it has blocked
};

/// A command that runs in a process group of its own. It gets a SIGTERM should this process die, and is
/// killed and waited for when this object goes.
class ChildProcess {
 public:
  /// The error says why the program could not be started, and names it.
  static Result<ChildProcess> start(const ChildCommand& command);

  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Its status as of waitpid(2) if it has ended. Does not wait, and is not asked again after that.
  std::optional<int> ended();

  /// Sends a signal to the whole group.
  void send(int signal);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // 0: it has ended
};

}  // namespace mlmon
