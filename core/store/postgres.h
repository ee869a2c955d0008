#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/store/database.h"
#include "core/store/postgres_value.h"
#include "core/text/postgres_url.h"

struct pg_conn;
struct pg_result;

namespace mlmon {

/// Above zero and nobody else's, whatever the clock says: of a run among those that share a state, of a transaction.
std::int64_t new_number();

/// What makes a connection more than one that is gone when it breaks.
struct PostgresOptions {
  bool is_run = false;             // holds the right to be the one run on this state ...
  std::int64_t shared_as = 0;      // ... or, not 0, one of several: its number among them
  std::int64_t lock_timeout_ns = 0;  // how long to wait for another run that has it
  std::int64_t retry_ns = 0;       // how long to try again when it breaks or cannot be made at first; 0: not at all
  std::int64_t answer_ns = 120'000'000'000;  // a server that says nothing for so long is gone, where that is tried again
  std::function<void(const std::string&)> warn{};  // of a connection that broke, and is there again; any thread
};

/// Refuses what libpq can make nothing of, and what it would cut in the wrong place, since a name or a password holds
/// an @ or a / as it stands: parts of it would be shown as host, port or database. An error tells nothing of the URL.
Result<void> check_postgres_url(const std::string& url);

/// A connection to PostgreSQL, in its pipeline mode: inside a transaction statements without results are sent and not
/// waited for, so that a transaction costs a few round trips however many statements it has.
///
/// A run's connection that breaks is made again, with growing pauses, for `retry_ns`; then what was under way begins
/// anew. Each transaction of a run leaves its number in the database. If the connection broke in the middle of
/// COMMIT, that number says whether it was done; and if it is anybody else's, another run has been there in between,
/// and this one cannot go on. Runs that share a state have a number each.
class PostgresConnection final : public Connection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& url, PostgresOptions options);

  PostgresConnection(std::string url, PostgresOptions options);
  ~PostgresConnection() override;
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  Result<std::unique_ptr<PreparedStatement>> prepare(const std::string& sql) override;
  std::unique_ptr<RowWriter> writer(const std::string& at_once) override;
  Result<void> execute(const char* sql) override;
  Result<void> transact(const Work& work) override;
  Result<void> transact_rows(const Work& work) override;
  Result<void> snapshot(const Work& work) override;
  Result<void> check_place() const override { return {}; }
  int changes() override;
  std::int64_t last_row() const override { return 0; }
  bool is_postgres() const override { return true; }
  Result<std::int64_t> now_ms() override;

  /// Takes the right to be the one run, or one of several, and begins to number transactions. The tables are there.
  Result<void> become_the_run();

  /// Its URL without the password.
  const std::string& name() const { return name_; }

 private:
  friend class PostgresStatement;
  friend class PostgresWriter;

  struct Freed {
    void operator()(pg_result* result) const;
  };
  using Answer = std::unique_ptr<pg_result, Freed>;

  /// Something that was sent and not answered yet.
  struct Sent {
    std::string prepared;  // a statement was to be prepared under this key; empty: one was run
  };

  Result<void> connect();
  Result<void> connect_first();
  Result<void> connect_again(const Error& why);
  Result<void> try_to_connect();
  Result<void> go_on();
  Result<void> take_lock(std::int64_t timeout_ns);
  Result<void> put_number(std::int64_t number);
  void end_others();
  std::string holder();

  void wait_for_answer();
  Result<void> send(const std::string& sql, const PostgresValues& values);
  Result<void> send_prepared(const std::string& sql, const PostgresValues& values);
  Result<Answer> drain();
  Result<Answer> ask(const std::string& sql, const PostgresValues& values);
  Result<std::int64_t> ask_number(const std::string& sql, const PostgresValues& values);
  enum class Scope { kAll, kRows, kRead };
  Result<void> try_transaction(Scope scope, const Work& work, bool& in_doubt);
  Result<void> persist(Scope scope, const Work& work);

  bool is_broken() const;
  bool tries_again() const;
  bool is_numbered(Scope scope) const { return scope != Scope::kRead && holds_lock_; }
  Error broken_error() const;
  Error error_in(const pg_result* answer);

  const std::string url_, name_;
  const PostgresOptions options_;
  pg_conn* connection_ = nullptr;
  std::unordered_map<std::string, std::string> prepared_;  // names of this session's statements by text and types
  std::vector<Sent> sent_;
  std::int64_t names_ = 0;
  bool in_transaction_ = false;
  std::optional<Error> failed_;  // of a statement in this transaction
  bool passing_ = false;         // the last failure is one that passes: the disk is full, the server starts
  int changes_ = 0;
  std::vector<int> processes_;   // the server's, of connections that broke and of this one
  bool holds_lock_ = false;
  bool connecting_ = false;
  bool silent_ = false;          // no answer came in time
  std::optional<Error> lost_;    // why a run cannot go on
  std::int64_t transaction_ = 0;  // the number of the last one that is known to be committed
  std::int64_t next_ = 0;         // of the one under way
};

}  // namespace mlmon
