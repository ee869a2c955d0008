#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// The delivery of an action to one endpoint, that waits or has failed for good.
struct OutboxEntry {
  std::string id;  // of the action
  std::string endpoint;
  bool dead = false;  // failed for good
  std::int64_t attempts = 0;
  std::int64_t next_try_ms = 0;  // wall clock, since 1970; 0: now, or never
  std::string error;             // of the last try, its first 1 KiB; empty: none
  std::string action;            // as JSON
};

/// The outbox in a state folder's database as people see and tend it, beside a run that delivers. Each
/// change is one transaction. Not thread-safe.
class OutboxList {
 public:
  OutboxList(Database database, const Clock& clock);

  /// Oldest action first. No transaction is open while visit() runs; once that gives false it is over.
  Result<void> list(const std::function<bool(const OutboxEntry&)>& visit);

  /// Makes the deliveries of these actions due now, the dead ones with all their tries before them
  /// again. Gives how many; an id that has none is an error, then nothing was done.
  Result<std::int64_t> retry(const std::vector<std::string>& ids);
  Result<std::int64_t> retry_all();

  /// Takes the deliveries of these actions away; likewise.
  Result<std::int64_t> drop(const std::vector<std::string>& ids);
  Result<std::int64_t> drop_all();

 private:
  enum class Change { kRetry, kDrop };
  Result<std::int64_t> change(Change change, const std::vector<std::string>& ids);
  Result<std::int64_t> change_all(Change change);
  Result<void> note(Change change, std::int64_t action);

  Database database_;
  const Clock& clock_;
};

}  // namespace mlmon
