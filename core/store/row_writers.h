#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/store/database.h"

namespace mlmon {

// SQLite's ways to write rows; see Database::writer() and what follows it. The database must outlive them and stay where
// it is.

/// A row is written at once.
class EachRow final : public RowWriter {
 public:
  EachRow(Database& database, Statement statement) : database_(database), statement_(std::move(statement)) {}

  Result<void> flush(const Visit&) override { return {}; }
  void put(int column, std::int64_t value) override { statement_.bind(column, value); }
  void put(int column, std::string_view text) override { statement_.bind(column, text); }
  void put(int column, Bytes bytes) override { statement_.bind(column, bytes); }
  Result<void> end_row() override { return database_.run(statement_); }

 private:
  Database& database_;
  Statement statement_;
};

/// A few rows are written by one statement, for one of SQLite's costs as much as two or three rows; the last ones each
/// by itself, in flush().
class RowGroups final : public RowWriter {
 public:
  /// What writes a group of rows, of an INSERT with VALUES (?, ?) and without other parameters.
  static std::string statement_of(std::string_view each);

  RowGroups(Database& database, Statement one, Statement group)
      : database_(database), one_(std::move(one)), group_(std::move(group)) {}

  void begin() override;
  void put(int column, std::int64_t value) override;
  void put(int column, std::string_view text) override;
  void put(int column, Bytes bytes) override { put(column, bytes.bytes); }
  Result<void> end_row() override;
  Result<void> flush(const Visit&) override;

 private:
  static constexpr std::size_t kRows = 32;  // twice as many are no faster
  struct Value {
    std::int64_t number = 0;
    std::size_t at = 0, size = 0;  // in text_
    bool is_text = false;
  };
  Result<void> run(Statement& statement, std::size_t begin, std::size_t end);

  Database& database_;
  Statement one_, group_;
  std::size_t rows_ = 0;
  std::vector<Value> values_;
  std::string text_;
};

/// Rows that are alike but for a number that goes up by one are written by one statement, in flush().
class RowRuns final : public RowWriter {
 public:
  RowRuns(Database& database, Statement run, std::optional<Statement> alone)
      : database_(database), run_(std::move(run)), alone_(std::move(alone)) {}

  void begin() override { runs_.clear(); }
  void put(int column, std::int64_t value) override;
  void put(int, std::string_view text) override { alike_.emplace_back(std::string(text)); }
  void put(int column, Bytes bytes) override { put(column, bytes.bytes); }
  Result<void> end_row() override;
  Result<void> flush(const Visit&) override;

 private:
  using Value = std::variant<std::int64_t, std::string>;
  struct Run {
    std::int64_t first, last;
    std::vector<Value> alike;
  };
  Result<void> write(const Run& run);

  Database& database_;
  Statement run_;
  std::optional<Statement> alone_;
  std::int64_t number_ = 0;  // of the row that is being put
  std::vector<Value> alike_;
  std::vector<Run> runs_;
};

}  // namespace mlmon
