#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// The account of a run that is over.
struct KeptReceipt {
  std::int64_t ended_ms = 0;  // wall clock, since 1970
  int exit_code = 0;
  std::string json;  // the receipt, without its models
};

/// The last receipts in a state folder's database. What `mlmon status` and the metrics call the last good
/// run is the newest with exit code 0, 4, 10 or 11.
class ReceiptRecord {
 public:
  explicit ReceiptRecord(Database& database) : database_(database) {}

  /// Adds one, and forgets all but the last twenty and the last good one.
  Result<void> add(const KeptReceipt& receipt);

  /// Newest first.
  Result<void> list(const std::function<void(const KeptReceipt&)>& visit);

  /// When the last good run ended; 0: there was none.
  Result<std::int64_t> last_good_ms();

 private:
  Database& database_;
};

}  // namespace mlmon
