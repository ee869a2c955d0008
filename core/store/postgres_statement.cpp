#include "core/store/postgres_statement.h"

#include <libpq-fe.h>

namespace mlmon {
namespace {

bool is_integer_type(unsigned type) { return type == 16 || type == 20 || type == 21 || type == 23; }

std::string_view cell_bytes(const PGresult* answer, int row, int column) {
  return {PQgetvalue(answer, row, column), static_cast<std::size_t>(PQgetlength(answer, row, column))};
}

}  // namespace

Result<bool> PostgresStatement::step() {
  if (!answer_) {
    auto answer = connection_.ask(sql_, values_);
    if (!answer) return answer.error();
    answer_ = std::move(*answer);
    row_ = -1;
  }
  if (answer_ && ++row_ < PQntuples(answer_.get())) return true;
  reset();
  return false;
}

Result<void> PostgresStatement::run() { return connection_.send(sql_, values_); }

std::int64_t PostgresStatement::integer(int column) const {
  if (PQgetisnull(answer_.get(), row_, column) != 0) return 0;
  return postgres_integer(PQftype(answer_.get(), column), cell_bytes(answer_.get(), row_, column));
}

std::string_view PostgresStatement::text(int column) const {
  if (PQgetisnull(answer_.get(), row_, column) != 0) return {};
  if (!is_integer_type(PQftype(answer_.get(), column))) return cell_bytes(answer_.get(), row_, column);
  if (numbers_.size() <= at(column)) numbers_.resize(at(column) + 1);
  return numbers_[at(column)] = std::to_string(integer(column));
}

void PostgresWriter::begin() {
  for (PostgresArray& column : columns_) column.clear();
  rows_ = 0;
}

PostgresArray& PostgresWriter::array(int column) {
  const auto at = static_cast<std::size_t>(column);
  if (at >= columns_.size()) columns_.resize(at + 1);
  return columns_[at];
}

Result<void> PostgresWriter::end_row() {
  ++rows_;
  return {};
}

Result<void> PostgresWriter::flush(const Visit& visit) {
  if (rows_ == 0) return {};
  for (std::size_t i = 0; i < columns_.size(); ++i) statement_.bind(static_cast<int>(i), columns_[i]);
  Result<void> done;
  if (visit) {
    Result<bool> row = statement_.step();
    for (; row && *row; row = statement_.step()) visit(statement_);
    if (!row) done = row.error();
  } else {
    done = statement_.run();
  }
  begin();
  return done;
}

}  // namespace mlmon
