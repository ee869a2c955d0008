#include "core/store/transaction.h"

namespace mlmon {

Result<void> in_transaction(Database& database, const std::function<Result<void>()>& work) {
  Result<void> done = database.execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = work();
  if (done) done = database.execute("COMMIT");
  if (done) return done;
  if (const auto undone = database.execute("ROLLBACK"); !undone) {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
  return done;
}

Result<void> in_snapshot(Database& database, const std::function<Result<void>()>& work) {
  if (const auto begun = database.execute("BEGIN"); !begun) return begun;
  const Result<void> done = work();
  const Result<void> ended = database.execute("COMMIT");
  return done ? ended : done;
}

}  // namespace mlmon
