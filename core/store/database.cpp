#include "core/store/database.h"

#include <algorithm>
#include <optional>
#include <variant>

namespace mlmon {
namespace {

/// SQLite's way: a row is written at once.
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

/// See Database::run_writer.
class RowRuns final : public RowWriter {
 public:
  RowRuns(Database& database, Statement run, std::optional<Statement> alone)
      : database_(database), run_(std::move(run)), alone_(std::move(alone)) {}

  void begin() override { runs_.clear(); }
  void put(int column, std::int64_t value) override {
    if (column > 0) {
      alike_.emplace_back(value);
    } else {
      number_ = value;
    }
  }
  void put(int, std::string_view text) override { alike_.emplace_back(std::string(text)); }
  void put(int column, Bytes bytes) override { put(column, bytes.bytes); }

  Result<void> end_row() override {
    // Endpoints take turns: a few runs grow at the same time.
    constexpr std::size_t kOpen = 8;
    for (std::size_t back = 1; back <= std::min(kOpen, runs_.size()); ++back) {
      Run& run = runs_[runs_.size() - back];
      if (run.last + 1 != number_ || run.alike != alike_) continue;
      run.last = number_;
      alike_.clear();
      return {};
    }
    runs_.push_back({number_, number_, std::exchange(alike_, {})});
    return {};
  }

  Result<void> flush(const Visit&) override {
    for (const Run& run : runs_) {
      if (const auto written = write(run); !written) return written;
    }
    runs_.clear();
    return {};
  }

 private:
  using Value = std::variant<std::int64_t, std::string>;
  struct Run {
    std::int64_t first, last;
    std::vector<Value> alike;
  };

  Result<void> write(const Run& run) {
    const bool alone = run.first == run.last && alone_;
    Statement& statement = alone ? *alone_ : run_;
    int parameter = 0;
    statement.bind(parameter++, run.first);
    if (!alone) statement.bind(parameter++, run.last);
    for (const Value& value : run.alike) {
      if (const auto* text = std::get_if<std::string>(&value)) {
        statement.bind(parameter++, std::string_view(*text));
      } else {
        statement.bind(parameter++, std::get<std::int64_t>(value));
      }
    }
    return database_.run(statement);
  }

  Database& database_;
  Statement run_;
  std::optional<Statement> alone_;
  std::int64_t number_ = 0;  // of the row that is being put
  std::vector<Value> alike_;
  std::vector<Run> runs_;
};

}  // namespace

std::unique_ptr<PreparedStatement> IdleStatements::take(const std::string& sql) {
  const auto known = by_text_.find(sql);
  if (known == by_text_.end() || known->second.empty()) return nullptr;
  std::unique_ptr<PreparedStatement> statement = std::move(known->second.back());
  known->second.pop_back();
  return statement;
}

void IdleStatements::give_back(const std::string& sql, std::unique_ptr<PreparedStatement> statement) {
  if (by_text_.size() >= kMost && by_text_.find(sql) == by_text_.end()) return;
  statement->reset();
  statement->forget_parameters();
  by_text_[sql].push_back(std::move(statement));
}

Statement::~Statement() {
  if (prepared_ == nullptr) return;
  if (const auto idle = idle_.lock()) idle->give_back(sql_, std::move(prepared_));
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(prepared_, other.prepared_);
  std::swap(sql_, other.sql_);
  std::swap(idle_, other.idle_);
  return *this;
}

Result<Statement> Database::prepare(const std::string& sql) {
  Statement statement;
  statement.idle_ = idle_;
  statement.sql_ = sql;
  statement.prepared_ = idle_->take(sql);
  if (statement.prepared_ != nullptr) return statement;
  auto prepared = connection_->prepare(sql);
  if (!prepared) return prepared.error();
  statement.prepared_ = std::move(*prepared);
  return statement;
}

Result<std::unique_ptr<RowWriter>> Database::writer(const char* each, const char* at_once) {
  if (auto writer = connection_->writer(at_once)) return writer;
  Result<Statement> statement = prepare(each);
  if (!statement) return statement.error();
  return std::unique_ptr<RowWriter>(std::make_unique<EachRow>(*this, std::move(*statement)));
}

Result<std::unique_ptr<RowWriter>> Database::run_writer(const char* run, const char* alone, const char* at_once) {
  if (auto writer = connection_->writer(at_once)) return writer;
  Result<Statement> runs = prepare(run);
  if (!runs) return runs.error();
  std::optional<Statement> one;
  if (alone != nullptr) {
    Result<Statement> prepared = prepare(alone);
    if (!prepared) return prepared.error();
    one = std::move(*prepared);
  }
  return std::unique_ptr<RowWriter>(std::make_unique<RowRuns>(*this, std::move(*runs), std::move(one)));
}

}  // namespace mlmon
