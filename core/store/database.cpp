#include "core/store/database.h"

#include <optional>

#include "core/store/row_writers.h"

namespace mlmon {
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

Result<std::unique_ptr<RowWriter>> Database::group_writer(const char* each, const char* at_once) {
  if (auto writer = connection_->writer(at_once)) return writer;
  Result<Statement> one = prepare(each);
  if (!one) return one.error();
  Result<Statement> group = prepare(RowGroups::statement_of(each));
  if (!group) return group.error();
  return std::unique_ptr<RowWriter>(std::make_unique<RowGroups>(*this, std::move(*one), std::move(*group)));
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
