#include "core/store/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace mlmon {
namespace {

/// What SQLite says, and what the system said to SQLite.
Error error_of(sqlite3* connection, const std::string& name) {
  if (connection == nullptr) return {name + ": out of memory"};
  const std::string text = name + ": " + sqlite3_errmsg(connection);
  const int kind = sqlite3_errcode(connection) & 0xFF;
  const int system = sqlite3_system_errno(connection);
  if (system == 0 || (kind != SQLITE_IOERR && kind != SQLITE_CANTOPEN)) return {text};
  return {text + " (" + std::generic_category().message(system) + ")"};
}

/// The path of its file.
std::string name_of(sqlite3* connection) {
  const char* path = sqlite3_db_filename(connection, "main");
  return path != nullptr && *path != '\0' ? path : "temporary store";
}

}  // namespace

IdleStatements::~IdleStatements() {
  for (const auto& [text, statements] : by_text_) {
    for (sqlite3_stmt* const statement : statements) sqlite3_finalize(statement);
  }
}

sqlite3_stmt* IdleStatements::take(std::string_view sql) {
  const auto known = by_text_.find(std::string(sql));
  if (known == by_text_.end() || known->second.empty()) return nullptr;
  sqlite3_stmt* const statement = known->second.back();
  known->second.pop_back();
  return statement;
}

void IdleStatements::give_back(sqlite3_stmt* statement) {
  const char* const sql = sqlite3_sql(statement);
  if (sql == nullptr || (by_text_.size() >= kMost && by_text_.find(sql) == by_text_.end())) {
    sqlite3_finalize(statement);
    return;
  }
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  by_text_[sql].push_back(statement);
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  if (const auto idle = idle_.lock()) {
    idle->give_back(statement_);
  } else {
    sqlite3_finalize(statement_);
  }
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), idle_(std::move(other.idle_)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(statement_, other.statement_);
  std::swap(idle_, other.idle_);
  return *this;
}

void Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_, parameter + 1, value);
}

void Statement::bind(int parameter, std::string_view text) {
  // SQLite takes a null pointer for NULL, which an empty text is not.
  const char* const data = text.data() != nullptr ? text.data() : "";
  sqlite3_bind_text64(statement_, parameter + 1, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  sqlite3* const connection = sqlite3_db_handle(statement_);
  Error failed = error_of(connection, name_of(connection));
  reset();
  return failed;
}

void Statement::reset() { sqlite3_reset(statement_); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(sqlite3* connection, std::string name)
    : connection_(connection), name_(std::move(name)) {}

Database::~Database() {
  idle_.reset();
  sqlite3_close_v2(connection_);
}

Database::Database(Database&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)),
      name_(std::move(other.name_)),
      idle_(std::move(other.idle_)),
      device_(other.device_),
      inode_(other.inode_) {}

Result<Database> Database::open_temporary() {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2("", &connection,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                   nullptr);
  Database database(connection, "temporary store");
  if (code != SQLITE_OK) return error_of(connection, database.name_);
  return database;
}

Result<Database> Database::open_to_look(const std::string& path, bool alone) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr const char* kHex = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  uri += alone ? "?mode=ro&immutable=1" : "?mode=ro";
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &connection,
                                   SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(connection, path);
  if (code != SQLITE_OK) return error_of(connection, path);
  constexpr int kWaitMs = 10'000;
  sqlite3_busy_timeout(connection, kWaitMs);
  return database;
}

Result<Database> Database::open(const std::string& path, bool create) {
  sqlite3* connection = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  Database database(connection, path);
  if (code != SQLITE_OK) return error_of(connection, path);
  constexpr int kWaitMs = 10'000;
  database.wait_for_locks(kWaitMs);
  return database;
}

void Database::note_place() {
  struct stat status {};
  if (stat(name_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

Result<void> Database::check_place() const {
  struct stat status {};
  if (stat(name_.c_str(), &status) != 0) {
    return Error{name_ + ": was removed while it was in use: " + std::generic_category().message(errno)};
  }
  if (status.st_dev == device_ && status.st_ino == inode_) return {};
  return Error{name_ + ": was replaced while it was in use"};
}

void Database::wait_for_locks(int ms) { sqlite3_busy_timeout(connection_, ms); }

Result<void> Database::copy_from(Database& other) {
  sqlite3_backup* backup =
      sqlite3_backup_init(connection_, "main", other.connection_, "main");
  if (backup == nullptr) return error_of(connection_, name_);
  const int copied = sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) == SQLITE_OK && copied == SQLITE_DONE) return {};
  return error_of(connection_, name_);
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return error_of(connection_, name_);
}

Result<Statement> Database::prepare(const char* sql) {
  Statement statement;
  statement.idle_ = idle_;
  statement.statement_ = idle_->take(sql);
  if (statement.statement_ != nullptr) return statement;
  if (sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement.statement_,
                         nullptr) != SQLITE_OK) {
    return error_of(connection_, name_);
  }
  return statement;
}

Result<void> Database::run(Statement& statement) {
  const Result<bool> stepped = statement.step();
  if (!stepped) return stepped.error();
  statement.reset();
  return {};
}

int Database::changes() const { return sqlite3_changes(connection_); }
std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(connection_); }

}  // namespace mlmon
