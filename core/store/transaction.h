#pragma once

#include <functional>
#include <string>

#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

// Where a connection to PostgreSQL breaks and is made again, work() is run once more: it begins by forgetting what
// an earlier try has gathered.

/// Runs work() in a transaction that writes, having waited for those of others; if it fails, so that
/// nothing of it is there.
Result<void> in_transaction(Database& database, const std::function<Result<void>()>& work);

/// The same, for work that locks the rows that it changes as it reads them (for_update()): in PostgreSQL others may
/// change other rows meanwhile.
Result<void> in_row_transaction(Database& database, const std::function<Result<void>()>& work);

/// What a SELECT of one table ends with to lock its rows, where that is to be said; `otherwise`: what to do with those
/// that are locked already.
std::string for_update(const Database& database, const char* otherwise = "");

/// Runs work() so that all it reads is of one moment; writers go on meanwhile.
Result<void> in_snapshot(Database& database, const std::function<Result<void>()>& work);

}  // namespace mlmon
