#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// How the child of a plugin is started.
struct PluginCommand {
  std::vector<std::string> words;  // the program and its arguments

  /// A word that stands for the id of the process that starts it.
  static constexpr const char* kParent = "@parent";
};

/// The child process of one observer. It has a process group of its own, a socket (fd 3), the memory of
/// batches (fd 4) and stderr, and is gone when this object is.
class PluginProcess {
 public:
  /// `socket`, `memory`: the child's; they stay the caller's.
  static Result<PluginProcess> start(const PluginCommand& command, int socket, int memory);

  PluginProcess(PluginProcess&& other) noexcept;
  PluginProcess& operator=(PluginProcess&&) = delete;
  ~PluginProcess();

  pid_t pid() const { return pid_; }
  bool is_running() const;

  /// Limits its address space to what it has now and so much more.
  Result<void> limit_memory(std::uint64_t more_bytes) const;

  /// Waits until it has ended, at most so long, then ends it. How it ended, for people: "crashed: segmentation
  /// fault", "exited with code 3"; empty: with 0, or because it was ended here.
  std::string end(std::int64_t wait_ns);

 private:
  explicit PluginProcess(pid_t pid) : pid_(pid) {}
  bool wait(int& status, std::int64_t wait_ns);

  pid_t pid_;  // 0: it has ended
};

}  // namespace mlmon
