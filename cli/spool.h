#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace mlmon {

/// Text that is held until it is clear that it may be printed: a little in memory, more in a temporary file
/// that has no name.
class Spool {
 public:
  Spool() = default;
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// What goes wrong is told by error(), once and for all.
  void add(std::string_view text);

  std::uint64_t size() const { return stored_ + held_.size(); }

  /// Forgets what was added after size() was that.
  void cut(std::uint64_t size);

  /// Writes all of it to stdout.
  Result<void> print();

  const std::optional<Error>& error() const { return error_; }

 private:
  void store();

  std::string held_;           // behind what is in the file
  int fd_ = -1;                // of the file
  std::uint64_t stored_ = 0;   // bytes in it
  std::optional<Error> error_;
};

}  // namespace mlmon
