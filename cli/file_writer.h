#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// Writes a whole file so that a reader sees the old text or the new one, never a part: a file beside it
/// that takes its name. A symbolic link stays one: what it leads to is written. The error names the path.
Result<void> write_atomically(const std::string& path, std::string_view text);

/// The same in two steps, for what may have to be written otherwise after all.
class AtomicFile {
 public:
  /// Writes the file beside it. A pipe, a device or a descriptor, which has no name to take over, is written to at once.
  static Result<AtomicFile> prepare(const std::string& path, std::string_view text);

  /// What was not published is taken away.
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;

  /// It takes the name. The error names the path.
  Result<void> publish();

 private:
  AtomicFile(std::string path, std::string target) : path_(std::move(path)), target_(std::move(target)) {}

  std::string path_, target_;
  std::string beside_;  // empty: there is nothing to publish
};

/// True for "-" and for links such as /dev/stdout.
bool leads_to_stdout(const std::string& path);

}  // namespace mlmon
