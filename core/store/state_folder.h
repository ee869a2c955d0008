#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/config/config_environment.h"
#include "core/result.h"

namespace mlmon {

class Database;

// Where a folder is asked for here, a URL of PostgreSQL (postgresql://…) stands for the state in that database.

/// The folder that state lives in: `given` (--state), else MLMON_STATE, `configured` ([state] dir; empty:
/// none), systemd's $STATE_DIRECTORY (the first of several), $XDG_STATE_HOME/mlmon (where that is an
/// absolute path), ~/.local/state/mlmon. A variable that is empty counts as not set.
Result<std::string> state_folder(const std::optional<std::string>& given,
                                 const std::string& configured,
                                 const ConfigEnvironment& environment);

/// The same folder, and what named it: "--state", "$NAME" of a variable, "" for `configured`, "default" where
/// nothing did.
struct StatePlace {
  std::string folder;
  std::string from;
};
/// An error as well: what is named is a URL that cannot be a state's; see check_state_place().
Result<StatePlace> state_place(const std::optional<std::string>& given,
                               const std::string& configured,
                               const ConfigEnvironment& environment);

/// A folder, or a URL of PostgreSQL that can be one. The error holds nothing of a URL but its scheme.
Result<void> check_state_place(const std::string& place);

/// Makes sure that the folder is there and can be written to. What it makes, parents included, is the
/// user's own (mode 0700).
Result<void> make_state_folder(const std::string& path);

/// A run has left its database in the folder. Also true where that cannot be found out: opening it says
/// why not.
bool holds_state(const std::string& folder);

/// The right to be the one run on a state folder: a flock(2) on its file `lock`, in which the holder's
/// process id stands; in PostgreSQL an advisory lock of the session. The system takes it back when the process ends,
/// however that happens.
class RunLock {
 public:
  /// Waits up to `timeout_ns` (0: not at all) for a process that has it; the error names that one.
  /// REQUIRES: the folder is there.
  static Result<RunLock> take(const std::string& folder, std::int64_t timeout_ns,
                              const Clock& clock);

  ~RunLock();
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  static Result<RunLock> take_session(const std::string& url, std::int64_t timeout_ns);

  int fd_;  // of a folder's lock
  std::shared_ptr<Database> session_;  // of a URL of PostgreSQL
};

}  // namespace mlmon
