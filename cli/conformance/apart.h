#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace mlmon {

/// What became of work that ran in a process of its own.
struct Apart {
  bool finished = false;  // the work returned
  std::string text;       // what it returned
  std::string death;      // otherwise, for people: "was killed by SIGSEGV: what it printed last"
  std::string printed;    // by the work, on stdout and stderr
};

/// Runs work in a child process and waits for it: what it breaks, it breaks there. The child works
/// in `folder` (empty: the current one), has nothing on stdin and leaves no core file; when the
/// time is over it is killed, and with it all that it started in its process group. REQUIRES: one
/// thread in the caller.
Apart run_apart(const std::function<std::string()>& work, std::int64_t limit_ns,
                const std::string& folder = "");

}  // namespace mlmon
