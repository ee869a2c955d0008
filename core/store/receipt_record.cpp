#include "core/store/receipt_record.h"

#include "core/store/query.h"
#include "core/store/transaction.h"

namespace mlmon {
namespace {

#define MLMON_LAST_GOOD "SELECT max(n) FROM receipts WHERE exit_code IN (0, 4, 10, 11)"

}  // namespace

Result<void> ReceiptRecord::add(const KeptReceipt& receipt) {
  return in_transaction(database_, [&]() -> Result<void> {
    const auto added =
        run_once(database_, "INSERT INTO receipts (ended_ms, exit_code, json) VALUES (?, ?, ?)",
                 receipt.ended_ms, std::int64_t{receipt.exit_code}, std::string_view(receipt.json));
    if (!added) return added;
    return database_.execute(
        "DELETE FROM receipts WHERE n <= (SELECT max(n) - 20 FROM receipts) AND n IS DISTINCT FROM "
        "(" MLMON_LAST_GOOD ")");
  });
}

Result<void> ReceiptRecord::list(const std::function<void(const KeptReceipt&)>& visit) {
  return each_row_of(database_, "SELECT ended_ms, exit_code, json FROM receipts ORDER BY n DESC",
                     [&](const Statement& row) {
                       visit({row.integer(0), static_cast<int>(row.integer(1)),
                              std::string(row.text(2))});
                     });
}

Result<std::int64_t> ReceiptRecord::last_good_ms() {
  return number_of(database_, "SELECT ended_ms FROM receipts WHERE n = (" MLMON_LAST_GOOD ")");
}

#undef MLMON_LAST_GOOD

}  // namespace mlmon
