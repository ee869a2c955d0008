#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mlmon {

/// Prepared statements that nobody uses at the moment, by their text: preparing one costs more than running it.
class IdleStatements {
 public:
  IdleStatements() = default;
  ~IdleStatements();
  IdleStatements(const IdleStatements&) = delete;
  IdleStatements& operator=(const IdleStatements&) = delete;

  sqlite3_stmt* take(std::string_view sql);  // null: there is none
  void give_back(sqlite3_stmt* statement);

 private:
  static constexpr std::size_t kMost = 256;  // texts; a program has a fixed number of them
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>> by_text_;
};

/// A prepared statement, used again and again. Texts that are bound must live until reset().
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  /// Parameters and columns count from 0.
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, std::string_view text);

  /// True: a row is there. False: done; the statement is reset.
  Result<bool> step();
  void reset();

  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  // until the next step()

 private:
  friend class Database;
  sqlite3_stmt* statement_ = nullptr;
  std::weak_ptr<IdleStatements> idle_;
};

/// One connection to a SQLite database. Not thread-safe. Errors name the file.
class Database {
 public:
  /// A private database that lives in memory as long as it is small, in an unlinked temporary file from
  /// there on, and nowhere after that.
  static Result<Database> open_temporary();

  /// A database file; made if it is not there and `create`. Waits up to ten seconds for locks of others.
  static Result<Database> open(const std::string& path, bool create);

  /// A database file that is read and not changed, nor is any file beside it. `alone`: nobody writes to it
  /// meanwhile, and its write-ahead log is empty.
  static Result<Database> open_to_look(const std::string& path, bool alone);

  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  /// Becomes a copy of another database as it is now.
  Result<void> copy_from(Database& other);

  /// Runs one or several statements without results.
  Result<void> execute(const char* sql);
  Result<Statement> prepare(const char* sql);

  /// Runs a prepared statement that gives no rows, and resets it.
  Result<void> run(Statement& statement);

  /// Remembers which file it is, once it has been made ...
  void note_place();

  /// ... and whether that is still under its name; the error says that it is not.
  Result<void> check_place() const;

  /// How long to wait for locks of others.
  void wait_for_locks(int ms);

  /// Rows that the last INSERT, UPDATE or DELETE changed; the row id of the last INSERT.
  int changes() const;
  std::int64_t last_row() const;

 private:
  Database(sqlite3* connection, std::string name);
  sqlite3* connection_;
  std::string name_;
  std::shared_ptr<IdleStatements> idle_ = std::make_shared<IdleStatements>();
  std::uint64_t device_ = 0, inode_ = 0;  // of its file
};

}  // namespace mlmon
