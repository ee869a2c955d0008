#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// Counts over the state's life (table `totals`), each by its name and up to two labels. Calls belong into the
/// transaction of a checkpoint, so that a kill neither loses nor doubles any. Not thread-safe.
class TotalsRecord {
 public:
  /// The database must outlive it and stay where it is.
  static Result<TotalsRecord> open(Database& database);

  Result<void> add(std::string_view name, std::string_view first, std::string_view second,
                   std::uint64_t more);

  /// As RowWriter has it.
  void begin() { writer_->begin(); }
  Result<void> flush() { return writer_->flush(); }

 private:
  explicit TotalsRecord(std::unique_ptr<RowWriter> writer) : writer_(std::move(writer)) {}

  std::unique_ptr<RowWriter> writer_;
};

}  // namespace mlmon
