#pragma once

#include <cstdint>

#include "core/store/database.h"

namespace mlmon {

/// What was copied.
struct CopiedState {
  std::int64_t tables = 0, rows = 0;
};

/// Copies all rows of one state's tables into those of another, which are empty, in one transaction, and reads both
/// again to compare them row by row. No run may be active on either. The error names the first row that differs; then
/// nothing was written.
Result<CopiedState> copy_state(Database& from, Database& to);

/// No run and no person has left anything there.
Result<bool> is_empty_state(Database& database);

}  // namespace mlmon
