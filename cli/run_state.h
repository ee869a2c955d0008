#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/log.h"
#include "core/clock.h"
#include "core/config/config.h"
#include "core/run/receipt.h"
#include "core/store/state_folder.h"
#include "core/store/store.h"

namespace mlmon {

/// Where a run keeps what outlives it: a folder, which it has alone, a database, a copy of either for a dry run, or
/// nothing but a temporary store.
class RunState {
 public:
  /// `config`: the configured place. `shares`: other runs may read partitions of the same topic.
  static Result<RunState> open(const RunOptions& options, const Config::State& config, bool shares, const Clock& clock,
                               Log& log);

  Store& store() { return *store_; }

  /// For `mlmon status`; of a run that keeps nothing: nowhere. The models are left out.
  Result<void> keep(Receipt receipt, std::int64_t now_ms) const;

 private:
  Result<void> open_in(const std::string& place, const RunOptions& options, std::int64_t retry_ns, bool shares,
                       const Clock& clock, Log& log);

  std::string place_;             // a folder or URL; empty: nothing is kept
  std::optional<RunLock> lock_;   // before the store: released after it
  std::unique_ptr<Store> store_;
};

}  // namespace mlmon
