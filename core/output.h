#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace mlmon {

/// Where actions go, one JSON object a line.
class Output {
 public:
  virtual ~Output() = default;

  /// Writes whole lines; returns once the system has them all. The error names the place.
  virtual Result<void> write(std::string_view lines) = 0;
};

/// Writes to a descriptor that somebody else owns. `name` is for errors.
class FdOutput final : public Output {
 public:
  FdOutput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  Result<void> write(std::string_view lines) override;

 private:
  int fd_;
  std::string name_;
};

}  // namespace mlmon
