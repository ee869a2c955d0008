#include "core/store/state_copy.h"

#include <fmt/format.h>

#include <string>

#include "core/store/postgres_value.h"
#include "core/store/query.h"
#include "core/store/state_tables.h"
#include "core/store/table_rows.h"
#include "core/store/transaction.h"

namespace mlmon {
namespace {

Result<void> add_row(RowWriter& writer, const StateTable& table, const Statement& row) {
  int at = 0;
  for (const StateColumn& column : table.columns) {
    if (column.kind == ColumnKind::kInteger) writer.put(at, row.integer(at));
    if (column.kind == ColumnKind::kText) writer.put(at, row.text(at));
    if (column.kind == ColumnKind::kBytes) writer.put(at, Bytes{row.text(at)});
    ++at;
  }
  return writer.end_row();
}

Result<std::int64_t> copy_table(Database& from, Database& to, const StateTable& table) {
  constexpr std::int64_t kAtOnce = 5000;
  Result<TableRows> rows = TableRows::open(from, table);
  if (!rows) return rows.error();
  const auto writer = table_writer(to, table);
  if (!writer) return writer.error();
  for (std::int64_t count = 0;;) {
    const Result<bool> more = rows->next();
    if (!more) return more.error();
    if (!*more || count % kAtOnce == kAtOnce - 1) {
      if (const auto flushed = (*writer)->flush(); !flushed) return flushed.error();
    }
    if (!*more) return count;
    if (const auto added = add_row(**writer, table, rows->row()); !added) return added.error();
    ++count;
  }
}

/// A text that PostgreSQL would not take as it was has been made one.
bool same_value(ColumnKind kind, const Statement& a, const Statement& b, int column, bool cleaned) {
  if (kind == ColumnKind::kInteger) return a.integer(column) == b.integer(column);
  if (a.text(column) == b.text(column)) return true;
  std::string one, other;
  return kind == ColumnKind::kText && cleaned &&
         postgres_text(a.text(column), one) == postgres_text(b.text(column), other);
}

Result<void> compare_table(Database& from, Database& to, const StateTable& table) {
  Result<TableRows> before = TableRows::open(from, table), after = TableRows::open(to, table);
  if (!before || !after) return !before ? before.error() : after.error();
  const bool cleaned = from.is_postgres() != to.is_postgres();
  for (std::int64_t number = 1;; ++number) {
    const Result<bool> one = before->next(), other = after->next();
    if (!one || !other) return !one ? one.error() : other.error();
    if (*one != *other) return Error{fmt::format("table {} has another number of rows in the copy", table.name)};
    if (!*one) return {};
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const StateColumn& column = table.columns[i];
      if (same_value(column.kind, before->row(), after->row(), static_cast<int>(i), cleaned)) continue;
      return Error{fmt::format("table {}, row {}: {} differs in the copy", table.name, number, column.name)};
    }
  }
}

}  // namespace

Result<bool> is_empty_state(Database& database) {
  const auto tables = state_tables();
  if (!tables) return tables.error();
  for (const StateTable& table : *tables) {
    const auto any = number_of(database, fmt::format("SELECT EXISTS (SELECT 1 FROM {})", table.name).c_str());
    if (!any) return any.error();
    if (*any != 0) return false;
  }
  return true;
}

Result<CopiedState> copy_state(Database& from, Database& to) {
  const auto tables = state_tables();
  if (!tables) return tables.error();
  CopiedState copied;
  const auto done = in_snapshot(from, [&] {
    return in_transaction(to, [&]() -> Result<void> {
      copied = {};
      for (const StateTable& table : *tables) {
        const auto rows = copy_table(from, to, table);
        if (!rows) return rows.error();
        copied.rows += *rows;
        ++copied.tables;
        if (const auto compared = compare_table(from, to, table); !compared) return compared;
        if (const auto set = number_after_rows(to, table); !set) return set;
      }
      return {};
    });
  });
  if (!done) return done.error();
  return copied;
}

}  // namespace mlmon
