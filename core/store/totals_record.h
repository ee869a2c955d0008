#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.h"
#include "core/store/sqlite.h"

namespace mlmon {

/// Counts over the state's life (table `totals`), each by its name and up to two labels. Calls belong into the
/// transaction of a checkpoint, so that a kill neither loses nor doubles any. Not thread-safe.
class TotalsRecord {
 public:
  /// The database must outlive it and stay where it is.
  static Result<TotalsRecord> open(Database& database);

  Result<void> add(std::string_view name, std::string_view first, std::string_view second,
                   std::uint64_t more);

 private:
  explicit TotalsRecord(Database& database) : database_(&database) {}

  Database* database_;
  Statement add_;
};

}  // namespace mlmon
