#include "core/store/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace mlmon {
namespace {

/// What SQLite says, and what the system said to SQLite.
Error sqlite_error(sqlite3* connection, const std::string& name) {
  if (connection == nullptr) return {name + ": out of memory"};
  const std::string text = name + ": " + sqlite3_errmsg(connection);
  const int kind = sqlite3_errcode(connection) & 0xFF;
  const int system = sqlite3_system_errno(connection);
  if (system == 0 || (kind != SQLITE_IOERR && kind != SQLITE_CANTOPEN)) return {text};
  return {text + " (" + std::generic_category().message(system) + ")"};
}

/// The path of its file.
std::string database_name(sqlite3* connection) {
  const char* path = sqlite3_db_filename(connection, "main");
  return path != nullptr && *path != '\0' ? path : "temporary store";
}

class SqliteStatement final : public PreparedStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  ~SqliteStatement() override { sqlite3_finalize(statement_); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  void bind(int parameter, std::int64_t value) override { sqlite3_bind_int64(statement_, parameter + 1, value); }

  void bind(int parameter, std::string_view text) override {
    // SQLite takes a null pointer for NULL, which an empty text is not.
    const char* const data = text.data() != nullptr ? text.data() : "";
    sqlite3_bind_text64(statement_, parameter + 1, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }

  // SQLite's texts can be any bytes.
  void bind(int parameter, Bytes bytes) override { bind(parameter, bytes.bytes); }

  Result<bool> step() override {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
      sqlite3_reset(statement_);
      return false;
    }
    sqlite3* const connection = sqlite3_db_handle(statement_);
    Error failed = sqlite_error(connection, database_name(connection));
    sqlite3_reset(statement_);
    return failed;
  }

  Result<void> run() override {
    const Result<bool> stepped = step();
    if (!stepped) return stepped.error();
    if (*stepped) sqlite3_reset(statement_);
    return {};
  }

  void reset() override { sqlite3_reset(statement_); }
  void forget_parameters() override { sqlite3_clear_bindings(statement_); }

  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }

  std::string_view text(int column) const override {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

SqliteConnection::SqliteConnection(sqlite3* connection, std::string name)
    : connection_(connection), name_(std::move(name)) {}

SqliteConnection::~SqliteConnection() { sqlite3_close_v2(connection_); }

Result<std::unique_ptr<Connection>> SqliteConnection::open(const char* name, int flags, const std::string& called,
                                                           int wait_ms) {
  sqlite3* made = nullptr;
  const int code = sqlite3_open_v2(name, &made, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  auto connection = std::make_unique<SqliteConnection>(made, called);
  if (code != SQLITE_OK) return sqlite_error(made, called);
  if (wait_ms > 0) connection->wait_for_locks(wait_ms);
  return std::unique_ptr<Connection>(std::move(connection));
}

namespace {

constexpr int kWaitMs = 10'000;

Result<Database> database_of(Result<std::unique_ptr<Connection>> connection) {
  if (!connection) return connection.error();
  return Database(std::move(*connection));
}

}  // namespace

Result<Database> Database::open_temporary() {
  return database_of(
      SqliteConnection::open("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "temporary store", 0));
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
  return database_of(SqliteConnection::open(uri.c_str(), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, path, kWaitMs));
}

Result<Database> Database::open(const std::string& path, bool create) {
  const int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
  return database_of(SqliteConnection::open(path.c_str(), flags, path, kWaitMs));
}

SqliteConnection& Database::sqlite() { return static_cast<SqliteConnection&>(*connection_); }
void Database::note_place() { sqlite().note_place(); }
void Database::wait_for_locks(int ms) { sqlite().wait_for_locks(ms); }
Result<void> Database::copy_from(Database& other) { return sqlite().copy_from(other.sqlite()); }

void SqliteConnection::note_place() {
  struct stat status {};
  if (stat(name_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

Result<void> SqliteConnection::check_place() const {
  struct stat status {};
  if (stat(name_.c_str(), &status) != 0) {
    return Error{name_ + ": was removed while it was in use: " + std::generic_category().message(errno)};
  }
  if (status.st_dev == device_ && status.st_ino == inode_) return {};
  return Error{name_ + ": was replaced while it was in use"};
}

void SqliteConnection::wait_for_locks(int ms) { sqlite3_busy_timeout(connection_, ms); }

Result<void> SqliteConnection::copy_from(SqliteConnection& other) {
  sqlite3_backup* backup =
      sqlite3_backup_init(connection_, "main", other.connection_, "main");
  if (backup == nullptr) return sqlite_error(connection_, name_);
  const int copied = sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) == SQLITE_OK && copied == SQLITE_DONE) return {};
  return sqlite_error(connection_, name_);
}

Result<void> SqliteConnection::execute(const char* sql) {
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return sqlite_error(connection_, name_);
}

Result<std::unique_ptr<PreparedStatement>> SqliteConnection::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return sqlite_error(connection_, name_);
  }
  return std::unique_ptr<PreparedStatement>(std::make_unique<SqliteStatement>(statement));
}

Result<void> SqliteConnection::transact(const Work& work) {
  Result<void> done = execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = work();
  if (done) done = execute("COMMIT");
  if (done) return done;
  if (const auto undone = execute("ROLLBACK"); !undone) {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
  return done;
}

Result<void> SqliteConnection::snapshot(const Work& work) {
  if (const auto begun = execute("BEGIN"); !begun) return begun;
  const Result<void> done = work();
  const Result<void> ended = execute("COMMIT");
  return done ? ended : done;
}

int SqliteConnection::changes() { return sqlite3_changes(connection_); }
std::int64_t SqliteConnection::last_row() const { return sqlite3_last_insert_rowid(connection_); }
Result<std::int64_t> SqliteConnection::now_ms() { return Error{name_ + ": has no clock of its own"}; }

}  // namespace mlmon
