#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "cli/log.h"
#include "cli/metrics_file.h"
#include "core/clock.h"
#include "core/store/store.h"

namespace mlmon {

/// What `--metrics-file` says of a run and of its state. Belongs to one thread.
class RunMetrics {
 public:
  /// `helps`: gives the text of each counter of the plugins. `keeps`: the state outlives the run.
  RunMetrics(std::string path, Store& store, bool keeps, std::function<std::map<std::string, std::string>()> helps,
             const Clock& clock, Log& log);

  MetricsFile& file() { return file_; }

  /// Writes them once more, when it is known that the run ended well. `helps`, as they were.
  Result<void> tell_success(const std::map<std::string, std::string>& helps);

 private:
  Result<std::string> text(const std::map<std::string, std::string>& helps);

  Store& store_;
  const bool keeps_;
  const Clock& clock_;
  Log& log_;
  std::set<std::string> left_out_;  // counters that are not metrics
  std::int64_t succeeded_ms_ = 0;   // 0: not yet, or not at all
  MetricsFile file_;
};

}  // namespace mlmon
