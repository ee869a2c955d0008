#include "core/store/transaction.h"

namespace mlmon {

Result<void> in_transaction(Database& database, const std::function<Result<void>()>& work) {
  return database.transact(work);
}

Result<void> in_snapshot(Database& database, const std::function<Result<void>()>& work) {
  return database.snapshot(work);
}

}  // namespace mlmon
