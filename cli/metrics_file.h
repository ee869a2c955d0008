#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/result.h"

namespace mlmon {

/// The file of `--metrics-file`, written atomically: when something has changed, and every ten seconds, as
/// other processes change what it tells of. Where writing takes long, less often. Belongs to one thread.
class MetricsFile {
 public:
  /// `text` gives what is to be written.
  MetricsFile(std::string path, const Clock& clock, std::function<Result<std::string>()> text);

  const std::string& path() const { return path_; }

  /// Something has changed.
  void changed() { changed_ = true; }

  /// Writes if it is time for it. What fails is kept, and tried again.
  void write_if_due();

  /// Writes now.
  void write();

  /// Why it could not be written the last time.
  const std::optional<Error>& error() const { return error_; }

 private:
  const std::string path_;
  const Clock& clock_;
  const std::function<Result<std::string>()> text_;
  bool changed_ = true;
  std::int64_t last_ns_ = 0, took_ns_ = 0;
  std::optional<Error> error_;
};

}  // namespace mlmon
