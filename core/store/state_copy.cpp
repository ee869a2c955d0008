#include "core/store/state_copy.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "core/store/postgres_value.h"
#include "core/store/query.h"
#include "core/store/state_tables.h"
#include "core/store/transaction.h"

namespace mlmon {
namespace {

template <class Texts>
std::string joined(const Texts& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + std::string(text);
  return all;
}

std::vector<std::string> names_of(const StateTable& table) {
  std::vector<std::string> names;
  for (const StateColumn& column : table.columns) names.push_back(column.name);
  return names;
}

/// The rows of a table in the order of its key, a few at a time. Inside a transaction.
class Rows {
 public:
  static Result<Rows> open(Database& database, const StateTable& table) {
    const std::string select =
        fmt::format("SELECT {} FROM {} ORDER BY {}", joined(names_of(table)), table.name, joined(table.key));
    Rows rows(database);
    if (database.is_postgres()) {
      if (const auto done = run_once(database, ("DECLARE " + table.name + "_rows NO SCROLL CURSOR FOR " + select).c_str());
          !done) {
        return done.error();
      }
    }
    rows.close_ = "CLOSE " + table.name + "_rows";
    Result<Statement> read =
        database.prepare(database.is_postgres() ? fmt::format("FETCH 1000 FROM {}_rows", table.name) : select);
    if (!read) return read.error();
    rows.read_ = std::move(*read);
    return rows;
  }

  /// False: there is none left.
  Result<bool> next() {
    Result<bool> row = read_.step();
    if (!row || *row || !database_->is_postgres()) return row;
    row = read_.step();  // the next few
    if (!row || *row) return row;
    const auto closed = run_once(*database_, close_.c_str());
    return closed ? Result<bool>(false) : closed.error();
  }

  const Statement& row() const { return read_; }

 private:
  explicit Rows(Database& database) : database_(&database) {}

  Database* database_;
  Statement read_;
  std::string close_;
};

constexpr const char* type_of(ColumnKind kind) {
  return kind == ColumnKind::kInteger ? "bigint" : kind == ColumnKind::kText ? "text" : "bytea";
}

/// A row of any table: rows go to their writer a column at a time.
class TableWriter {
 public:
  static Result<TableWriter> open(Database& database, const StateTable& table) {
    std::string marks, arrays;
    for (const StateColumn& column : table.columns) {
      marks += marks.empty() ? "?" : ", ?";
      arrays += fmt::format("{}?::{}[]", arrays.empty() ? "" : ", ", type_of(column.kind));
    }
    const std::string insert = fmt::format("INSERT INTO {} ({}) ", table.name, joined(names_of(table)));
    auto writer = database.writer((insert + "VALUES (" + marks + ")").c_str(),
                                  (insert + "SELECT * FROM unnest(" + arrays + ")").c_str());
    if (!writer) return writer.error();
    return TableWriter(table, std::move(*writer));
  }

  Result<void> add(const Statement& row) {
    int at = 0;
    for (const StateColumn& column : table_->columns) {
      if (column.kind == ColumnKind::kInteger) writer_->put(at, row.integer(at));
      if (column.kind == ColumnKind::kText) writer_->put(at, row.text(at));
      if (column.kind == ColumnKind::kBytes) writer_->put(at, Bytes{row.text(at)});
      ++at;
    }
    return writer_->end_row();
  }

  Result<void> flush() { return writer_->flush(); }

 private:
  TableWriter(const StateTable& table, std::unique_ptr<RowWriter> writer)
      : table_(&table), writer_(std::move(writer)) {}

  const StateTable* table_;
  std::unique_ptr<RowWriter> writer_;
};

Result<std::int64_t> copy_table(Database& from, Database& to, const StateTable& table) {
  constexpr std::int64_t kAtOnce = 5000;
  Result<Rows> rows = Rows::open(from, table);
  if (!rows) return rows.error();
  Result<TableWriter> writer = TableWriter::open(to, table);
  if (!writer) return writer.error();
  for (std::int64_t count = 0;;) {
    const Result<bool> more = rows->next();
    if (!more) return more.error();
    if (!*more || count % kAtOnce == kAtOnce - 1) {
      if (const auto flushed = writer->flush(); !flushed) return flushed.error();
    }
    if (!*more) return count;
    if (const auto added = writer->add(rows->row()); !added) return added.error();
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
  Result<Rows> before = Rows::open(from, table), after = Rows::open(to, table);
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

/// New rows come after those that were copied.
Result<void> set_numbering(Database& database, const StateTable& table) {
  if (!database.is_postgres() || table.columns[0].name != "n") return {};
  return run_once(database, fmt::format("SELECT setval(pg_get_serial_sequence('{0}', 'n'), "
                                        "(SELECT coalesce(max(n), 0) + 1 FROM {0}), false)", table.name).c_str());
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
        if (const auto set = set_numbering(to, table); !set) return set;
      }
      return {};
    });
  });
  if (!done) return done.error();
  return copied;
}

}  // namespace mlmon
