#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "plugins/transport/sender.h"

namespace mlmon::transport {

/// How a process ended.
struct Ending {
  enum class How { kExit, kSignal, kTimeout, kCancelled, kNotStarted, kLost };
  How how;
  int number = 0;    // kExit: the code, kSignal: the signal, kNotStarted: the errno
  std::string said;  // the first kMostRead bytes of its stdout and stderr
};

/// Runs a program (searched for in PATH) to its end, with `input` as stdin, in a process group of
/// its own (a script without `#!` by /bin/sh), with default signals, no open file but the standard three, and this process's
/// environment changed by `variables`. After the timeout, or once `cancelled` says so, the group
/// gets SIGTERM and what is left of it two seconds later SIGKILL. What the program leaves running
/// in the background is not waited for. kLost: SIGCHLD is ignored in this process, so nobody knows.
/// Throws std::system_error where the process has no descriptors left.
Ending run_process(const std::vector<std::string>& words,
                   const std::vector<std::pair<std::string, std::string>>& variables,
                   const std::string& input, std::int64_t timeout_ms, const Cancelled& cancelled);

}  // namespace mlmon::transport
