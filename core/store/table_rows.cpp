#include "core/store/table_rows.h"

#include <fmt/format.h>

#include <vector>

#include "core/store/query.h"

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

constexpr const char* type_of(ColumnKind kind) {
  return kind == ColumnKind::kInteger ? "bigint" : kind == ColumnKind::kText ? "text" : "bytea";
}

}  // namespace

Result<TableRows> TableRows::open(Database& database, const StateTable& table) {
  const std::string select =
      fmt::format("SELECT {} FROM {} ORDER BY {}", joined(names_of(table)), table.name, joined(table.key));
  TableRows rows(database);
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

Result<bool> TableRows::next() {
  Result<bool> row = read_.step();
  if (!row || *row || !database_->is_postgres()) return row;
  row = read_.step();  // the next few
  if (!row || *row) return row;
  const auto closed = run_once(*database_, close_.c_str());
  return closed ? Result<bool>(false) : closed.error();
}

Result<std::unique_ptr<RowWriter>> table_writer(Database& database, const StateTable& table) {
  std::string marks, arrays;
  for (const StateColumn& column : table.columns) {
    marks += marks.empty() ? "?" : ", ?";
    arrays += fmt::format("{}?::{}[]", arrays.empty() ? "" : ", ", type_of(column.kind));
  }
  const std::string insert = fmt::format("INSERT INTO {} ({}) ", table.name, joined(names_of(table)));
  return database.writer((insert + "VALUES (" + marks + ")").c_str(),
                         (insert + "SELECT * FROM unnest(" + arrays + ")").c_str());
}

Result<void> number_after_rows(Database& database, const StateTable& table) {
  if (!database.is_postgres() || table.columns[0].name != "n") return {};
  return run_once(database, fmt::format("SELECT setval(pg_get_serial_sequence('{0}', 'n'), "
                                        "(SELECT coalesce(max(n), 0) + 1 FROM {0}), false)", table.name).c_str());
}

}  // namespace mlmon
