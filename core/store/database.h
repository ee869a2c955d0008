#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// Any bytes, for a column that holds them. PostgreSQL's texts are UTF-8 without NUL.
struct Bytes {
  std::string_view bytes;
};

/// A statement as one of the engines has prepared it. See Statement, whose calls these are.
class PreparedStatement {
 public:
  virtual ~PreparedStatement() = default;
  virtual void bind(int parameter, std::int64_t value) = 0;
  virtual void bind(int parameter, std::string_view text) = 0;
  virtual void bind(int parameter, Bytes bytes) = 0;
  virtual Result<bool> step() = 0;
  virtual Result<void> run() = 0;
  virtual void reset() = 0;
  virtual void forget_parameters() = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
};

/// Prepared statements that nobody uses at the moment, by their text: preparing one costs more than running it.
class IdleStatements {
 public:
  std::unique_ptr<PreparedStatement> take(const std::string& sql);  // null: there is none
  void give_back(const std::string& sql, std::unique_ptr<PreparedStatement> statement);

 private:
  static constexpr std::size_t kMost = 256;  // texts; a program has a fixed number of them
  std::unordered_map<std::string, std::vector<std::unique_ptr<PreparedStatement>>> by_text_;
};

/// A prepared statement, used again and again. What is bound must live until reset().
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept = default;
  Statement& operator=(Statement&& other) noexcept;

  /// Parameters and columns count from 0.
  void bind(int parameter, std::int64_t value) { prepared_->bind(parameter, value); }
  void bind(int parameter, std::string_view text) { prepared_->bind(parameter, text); }
  void bind(int parameter, Bytes bytes) { prepared_->bind(parameter, bytes); }

  /// True: a row is there. False: done; the statement is reset.
  Result<bool> step() { return prepared_->step(); }
  void reset() { prepared_->reset(); }

  /// NULL is 0 and "".
  std::int64_t integer(int column) const { return prepared_->integer(column); }
  std::string_view text(int column) const { return prepared_->text(column); }  // until the next step()

 private:
  friend class Database;
  std::unique_ptr<PreparedStatement> prepared_;
  std::string sql_;
  std::weak_ptr<IdleStatements> idle_;
};

/// Writes many rows by few statements: SQLite each at once or some at a time (row_writers.h), PostgreSQL all of them in
/// flush(), since each statement costs it much more. Belongs into one transaction of the caller's.
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  template <class... Values>
  Result<void> add(const Values&... values) {
    int column = 0;
    (put(column++, values), ...);
    return end_row();
  }

  /// Forgets rows of a transaction that failed.
  virtual void begin() {}

  /// Rows that PostgreSQL's statement gives are visited.
  using Visit = std::function<void(const PreparedStatement&)>;
  virtual Result<void> flush(const Visit& visit = {}) = 0;

  /// The same as add(), a column at a time.
  virtual void put(int column, std::int64_t value) = 0;
  virtual void put(int column, std::string_view text) = 0;
  virtual void put(int column, Bytes bytes) = 0;
  virtual Result<void> end_row() = 0;
};

/// One engine's side of a Database. See there.
class Connection {
 public:
  using Work = std::function<Result<void>()>;

  virtual ~Connection() = default;
  virtual Result<std::unique_ptr<PreparedStatement>> prepare(const std::string& sql) = 0;
  virtual std::unique_ptr<RowWriter> writer(const std::string& at_once) = 0;  // null: each row by itself
  virtual Result<void> execute(const char* sql) = 0;
  virtual Result<void> transact(const Work& work) = 0;
  virtual Result<void> transact_rows(const Work& work) { return transact(work); }
  virtual Result<void> snapshot(const Work& work) = 0;
  virtual Result<void> check_place() const = 0;
  virtual int changes() = 0;
  virtual std::int64_t last_row() const = 0;
  virtual bool is_postgres() const = 0;
  virtual Result<std::int64_t> now_ms() = 0;
};

class SqliteConnection;

/// One connection to a database, SQLite's or PostgreSQL's. Statements are written for both: what PostgreSQL says in
/// another way is rewritten (postgres_dialect.h), or a second text stands beside the first. Not thread-safe. Errors
/// name the database.
class Database {
 public:
  explicit Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  /// A private database of SQLite that lives in memory as long as it is small, in an unlinked temporary file from
  /// there on, and nowhere after that.
  static Result<Database> open_temporary();

  /// A file of SQLite; made if it is not there and `create`. Waits up to ten seconds for locks of others.
  static Result<Database> open(const std::string& path, bool create);

  /// A file of SQLite that is read and not changed, nor is any file beside it. `alone`: nobody writes to it
  /// meanwhile, and its write-ahead log is empty.
  static Result<Database> open_to_look(const std::string& path, bool alone);

  Database(Database&& other) noexcept = default;
  Database& operator=(Database&&) = delete;

  bool is_postgres() const { return connection_->is_postgres(); }

  /// Runs one or several statements without results.
  Result<void> execute(const char* sql) { return connection_->execute(sql); }
  Result<Statement> prepare(const std::string& sql);
  Result<std::unique_ptr<RowWriter>> writer(const char* each, const char* at_once);

  /// One whose `each` is an INSERT with VALUES (?, ?), which SQLite runs for some rows at a time; the last are written
  /// in flush(), and an error may be that of a row before.
  Result<std::unique_ptr<RowWriter>> group_writer(const char* each, const char* at_once);

  /// One whose first column is a number. Of rows that are alike in the others, SQLite writes in flush() those whose
  /// numbers follow each other by one statement, `run`, whose first two parameters are the first and the last of
  /// these; a row alone by `alone`, if that is not null.
  Result<std::unique_ptr<RowWriter>> run_writer(const char* run, const char* alone, const char* at_once);

  /// Runs a prepared statement that gives no rows, and resets it. Inside a transaction PostgreSQL does not wait for
  /// it: that it failed is said by a later call, by the end of the transaction at the latest.
  Result<void> run(Statement& statement) { return statement.prepared_->run(); }

  /// See transaction.h.
  Result<void> transact(const Connection::Work& work) { return connection_->transact(work); }
  Result<void> transact_rows(const Connection::Work& work) { return connection_->transact_rows(work); }
  Result<void> snapshot(const Connection::Work& work) { return connection_->snapshot(work); }

  /// SQLite's file is still under its name; the error says that it is not.
  Result<void> check_place() const { return connection_->check_place(); }

  /// Rows that the last INSERT, UPDATE or DELETE changed.
  int changes() { return connection_->changes(); }

  /// SQLite only: the row id of the last INSERT.
  std::int64_t last_row() const { return connection_->last_row(); }

  /// PostgreSQL only: what its clock says, ms since 1970.
  Result<std::int64_t> now_ms() { return connection_->now_ms(); }

  /// SQLite only: becomes a copy of another database as it is now; remembers which file it is, once it has been made,
  /// for check_place(); how long to wait for locks of others.
  Result<void> copy_from(Database& other);
  void note_place();
  void wait_for_locks(int ms);

 private:
  SqliteConnection& sqlite();
  std::unique_ptr<Connection> connection_;  // before what is prepared on it: it goes after that
  std::shared_ptr<IdleStatements> idle_ = std::make_shared<IdleStatements>();
};

}  // namespace mlmon
