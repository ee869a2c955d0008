#pragma once

#include <string>
#include <vector>

#include "core/store/postgres.h"

namespace mlmon {

/// A statement of PostgreSQL; the session that runs it prepares it then, as the types of parameters are known.
class PostgresStatement final : public PreparedStatement {
 public:
  /// `sql` is PostgreSQL's.
  PostgresStatement(PostgresConnection& connection, std::string sql)
      : connection_(connection), sql_(std::move(sql)) {}

  void bind(int parameter, std::int64_t value) override { values_.set(at(parameter), value); }
  void bind(int parameter, std::string_view text) override { values_.set(at(parameter), text); }
  void bind(int parameter, Bytes bytes) override { values_.set(at(parameter), bytes); }
  void bind(int parameter, PostgresArray& column) { values_.set(at(parameter), column); }
  Result<bool> step() override;
  Result<void> run() override;
  void reset() override { answer_.reset(); }
  void forget_parameters() override { values_.clear(); }
  std::int64_t integer(int column) const override;
  std::string_view text(int column) const override;

 private:
  static std::size_t at(int parameter) { return static_cast<std::size_t>(parameter); }

  PostgresConnection& connection_;
  const std::string sql_;
  PostgresValues values_;
  PostgresConnection::Answer answer_;
  int row_ = 0;
  mutable std::vector<std::string> numbers_;  // as texts, by column
};

/// Gathers rows as arrays, one a column.
class PostgresWriter final : public RowWriter {
 public:
  PostgresWriter(PostgresConnection& connection, std::string sql) : statement_(connection, std::move(sql)) {}

  void begin() override;
  Result<void> flush(const Visit& visit) override;

  void put(int column, std::int64_t value) override { array(column).add(value); }
  void put(int column, std::string_view text) override { array(column).add(text); }
  void put(int column, Bytes bytes) override { array(column).add(bytes); }
  Result<void> end_row() override;

 private:
  PostgresArray& array(int column);

  PostgresStatement statement_;
  std::vector<PostgresArray> columns_;
  std::size_t rows_ = 0;
};

}  // namespace mlmon
