#include "core/store/transaction.h"

namespace mlmon {

Result<void> in_transaction(Database& database, const std::function<Result<void>()>& work) {
  return database.transact(work);
}

Result<void> in_row_transaction(Database& database, const std::function<Result<void>()>& work) {
  return database.transact_rows(work);
}

std::string for_update(const Database& database, const char* otherwise) {
  return database.is_postgres() ? std::string(" FOR UPDATE ") + otherwise : "";
}

Result<void> in_snapshot(Database& database, const std::function<Result<void>()>& work) {
  return database.snapshot(work);
}

}  // namespace mlmon
