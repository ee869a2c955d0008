#include "core/store/database.h"

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

}  // namespace mlmon
