#pragma once

#include <cstdint>

#include "core/store/database.h"

namespace mlmon {

// SQLite has no unsigned numbers: those of ours keep their bits.
inline std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::uint64_t as_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// Binds the parameters of a statement in order.
template <class... Values>
void bind_all(Statement& statement, const Values&... values) {
  int parameter = 0;
  (statement.bind(parameter++, values), ...);
}

/// Prepares a statement for one use, and runs it.
template <class... Values>
Result<void> run_once(Database& database, const char* sql, const Values&... values) {
  Result<Statement> statement = database.prepare(sql);
  if (!statement) return statement.error();
  bind_all(*statement, values...);
  return database.run(*statement);
}

/// Calls visit(statement) at each row that a bound statement gives.
template <class Visit>
Result<void> each_row(Statement& statement, const Visit& visit) {
  for (;;) {
    const Result<bool> row = statement.step();
    if (!row) return row.error();
    if (!*row) return {};
    visit(statement);
  }
}

/// The same for a query that is asked once.
template <class Visit, class... Values>
Result<void> each_row_of(Database& database, const char* sql, const Visit& visit,
                         const Values&... values) {
  Result<Statement> select = database.prepare(sql);
  if (!select) return select.error();
  bind_all(*select, values...);
  return each_row(*select, visit);
}

/// The number in the only row that a query gives; 0: it gives none.
template <class... Values>
Result<std::int64_t> number_of(Database& database, const char* sql, const Values&... values) {
  std::int64_t number = 0;
  const Result<void> asked = each_row_of(
      database, sql, [&](const Statement& row) { number = row.integer(0); }, values...);
  if (!asked) return asked.error();
  return number;
}

}  // namespace mlmon
