#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/retention.h"
#include "core/store/database.h"

namespace mlmon {

/// What a state database holds of one kind.
struct StateKind {
  std::string name;     // "actions with text"
  std::int64_t rows = 0;
  std::string oldest, newest;  // RFC 3339; empty: rows of this kind have no time
};

struct StateInfo {
  std::int64_t version = 0;     // of its tables
  std::int64_t bytes = 0;       // of the database ...
  std::int64_t free_bytes = 0;  // ... that hold nothing by now
  std::vector<StateKind> kinds;
};

/// Reads what is in a database, all of one moment.
Result<StateInfo> read_state_info(Database& database);

/// Removes what is done and older than so many days (0: whatever is done), and gives the room back to the system. No
/// run may be active.
Result<Pruned> compact(Database& database, std::int64_t now_ms, std::int64_t days);

}  // namespace mlmon
