#pragma once

#include <memory>
#include <string>

#include "core/store/database.h"
#include "core/store/state_tables.h"

namespace mlmon {

/// The rows of a table of a state in the order of its key, a few at a time. Inside a transaction.
class TableRows {
 public:
  static Result<TableRows> open(Database& database, const StateTable& table);

  /// False: there is none left.
  Result<bool> next();

  /// The columns in the order of the table's.
  const Statement& row() const { return read_; }

 private:
  explicit TableRows(Database& database) : database_(&database) {}

  Database* database_;
  Statement read_;
  std::string close_;
};

/// Writes rows of a table, all columns in their order. Inside a transaction.
Result<std::unique_ptr<RowWriter>> table_writer(Database& database, const StateTable& table);

/// Rows that are made from now on come after those that were written.
Result<void> number_after_rows(Database& database, const StateTable& table);

}  // namespace mlmon
