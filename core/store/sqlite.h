#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/store/database.h"

struct sqlite3;

namespace mlmon {

/// A connection to a database of SQLite.
class SqliteConnection final : public Connection {
 public:
  /// `called` stands in errors. Locks of others are waited for so long.
  static Result<std::unique_ptr<Connection>> open(const char* name, int flags, const std::string& called,
                                                  int wait_ms);

  SqliteConnection(sqlite3* connection, std::string name);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<std::unique_ptr<PreparedStatement>> prepare(const std::string& sql) override;
  std::unique_ptr<RowWriter> writer(const std::string&) override { return nullptr; }
  Result<void> execute(const char* sql) override;
  Result<void> transact(const Work& work) override;
  Result<void> snapshot(const Work& work) override;
  Result<void> check_place() const override;
  int changes() override;
  std::int64_t last_row() const override;
  bool is_postgres() const override { return false; }
  Result<std::int64_t> now_ms() override;

  /// See Database.
  Result<void> copy_from(SqliteConnection& other);
  void note_place();
  void wait_for_locks(int ms);

 private:
  sqlite3* connection_;
  std::string name_;
  std::uint64_t device_ = 0, inode_ = 0;  // of its file
};

}  // namespace mlmon
