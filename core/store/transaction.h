#pragma once

#include <functional>

#include "core/result.h"
#include "core/store/sqlite.h"

namespace mlmon {

/// Runs work() in a transaction that writes, having waited for those of others; if it fails, so that
/// nothing of it is there.
Result<void> in_transaction(Database& database, const std::function<Result<void>()>& work);

/// Runs work() so that all it reads is of one moment; writers go on meanwhile.
Result<void> in_snapshot(Database& database, const std::function<Result<void>()>& work);

}  // namespace mlmon
