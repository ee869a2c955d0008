#include "core/sqlite_store.h"

#include <mutex>
#include <optional>
#include <utility>

#include "core/sqlite.h"

namespace mlmon {
namespace {

constexpr const char* kTemporaryPragmas = R"sql(
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -4096;
)sql";

// Ids sort by event time, so that the index grows at its end.
constexpr const char* kSchema = R"sql(
  CREATE TABLE actions (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    json TEXT NOT NULL
  );
  CREATE TABLE outbox (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL REFERENCES actions (n),
    endpoint INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_ms INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
  );
  CREATE INDEX outbox_due ON outbox (endpoint, status, n);
  CREATE INDEX outbox_next ON outbox (endpoint, status, next_try_ms);
)sql";

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> open(Database database) {
    std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(database)));
    if (const Result<void> made = store->prepare(); !made) return made.error();
    return std::unique_ptr<Store>(std::move(store));
  }

  Result<std::vector<bool>> commit(const std::vector<NewAction>& actions) override {
    const std::lock_guard lock(mutex_);
    std::vector<bool> is_new(actions.size());
    const Result<void> done = transact([&]() -> Result<void> {
      for (std::size_t i = 0; i < actions.size(); ++i) {
        const Result<bool> added = add(actions[i]);
        if (!added) return added.error();
        is_new[i] = *added;
      }
      return {};
    });
    if (!done) return done.error();
    return is_new;
  }

  Result<std::vector<OutboxItem>> due(std::uint32_t endpoint, std::int64_t now_ms,
                                      std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return *broken_;
    std::vector<OutboxItem> items;
    select_due_.bind(0, std::int64_t{endpoint});
    select_due_.bind(1, now_ms);
    select_due_.bind(2, static_cast<std::int64_t>(limit));
    for (;;) {
      const Result<bool> row = select_due_.step();
      if (!row) return row.error();
      if (!*row) return items;
      items.push_back({select_due_.integer(0), std::string(select_due_.text(1)),
                       std::string(select_due_.text(2)),
                       static_cast<std::uint32_t>(select_due_.integer(3))});
    }
  }

  Result<std::optional<std::int64_t>> next_due_ms(std::uint32_t endpoint) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return *broken_;
    select_next_.bind(0, std::int64_t{endpoint});
    const Result<bool> row = select_next_.step();
    if (!row) return row.error();
    if (!*row) return std::optional<std::int64_t>();
    const std::int64_t due = select_next_.integer(0);
    select_next_.reset();
    return std::optional(due);
  }

  Result<void> settle(const std::vector<Settlement>& settlements) override {
    const std::lock_guard lock(mutex_);
    return transact([&]() -> Result<void> {
      for (const Settlement& settlement : settlements) {
        if (const auto recorded = record(settlement); !recorded) return recorded;
      }
      return {};
    });
  }

  Result<OutboxTotals> totals() override {
    const std::lock_guard lock(mutex_);
    if (broken_) return *broken_;
    OutboxTotals totals;
    for (;;) {
      const Result<bool> row = select_totals_.step();
      if (!row) return row.error();
      if (!*row) return totals;
      const bool dead = select_totals_.integer(0) == static_cast<int>(Settlement::Status::kDead);
      (dead ? totals.dead : totals.waiting) = static_cast<std::uint64_t>(select_totals_.integer(1));
    }
  }

 private:
  explicit SqliteStore(Database database) : database_(std::move(database)) {}

  Result<void> prepare() {
    for (const char* sql : {kTemporaryPragmas, kSchema}) {
      if (const auto done = database_.execute(sql); !done) return done;
    }
    const std::pair<Statement*, const char*> statements[] = {
        {&insert_action_, "INSERT OR IGNORE INTO actions (id, json) VALUES (?, ?)"},
        {&insert_outbox_, "INSERT INTO outbox (action, endpoint) VALUES (?, ?)"},
        {&select_due_,
         "SELECT o.n, a.id, a.json, o.attempts FROM outbox o JOIN actions a ON a.n = o.action "
         "WHERE o.endpoint = ? AND o.status = 1 AND o.next_try_ms <= ? ORDER BY o.n LIMIT ?"},
        {&select_next_,
         "SELECT next_try_ms FROM outbox WHERE endpoint = ? AND status = 1 "
         "ORDER BY next_try_ms LIMIT 1"},
        {&delete_outbox_, "DELETE FROM outbox WHERE n = ?"},
        {&update_outbox_,
         "UPDATE outbox SET status = ?, next_try_ms = ?, error = ?, attempts = attempts + 1 "
         "WHERE n = ?"},
        // Each action once, by the worst of its deliveries.
        {&select_totals_,
         "SELECT worst, count(*) FROM (SELECT max(status) AS worst FROM outbox GROUP BY action) "
         "GROUP BY worst"},
    };
    for (const auto& [statement, sql] : statements) {
      Result<Statement> prepared = database_.prepare(sql);
      if (!prepared) return prepared.error();
      *statement = std::move(*prepared);
    }
    return {};
  }

  /// Without a journal nothing can be rolled back: a store that has failed stays failed.
  template <class Work>
  Result<void> transact(const Work& work) {
    if (broken_) return *broken_;
    Result<void> done = database_.execute("BEGIN");
    if (done) done = work();
    if (done) done = database_.execute("COMMIT");
    if (!done) broken_ = done.error();
    return done;
  }

  Result<bool> add(const NewAction& action) {
    insert_action_.bind(0, action.id);
    insert_action_.bind(1, action.json);
    if (const auto added = database_.run(insert_action_); !added) return added.error();
    if (database_.changes() == 0) return false;
    const std::int64_t row = database_.last_row();
    for (const std::uint32_t endpoint : action.endpoints) {
      insert_outbox_.bind(0, row);
      insert_outbox_.bind(1, std::int64_t{endpoint});
      if (const auto added = database_.run(insert_outbox_); !added) return added.error();
    }
    return true;
  }

  /// What is delivered needs no row; the action itself stays known.
  Result<void> record(const Settlement& settlement) {
    if (settlement.status == Settlement::Status::kDelivered) {
      delete_outbox_.bind(0, settlement.row);
      return database_.run(delete_outbox_);
    }
    update_outbox_.bind(0, static_cast<std::int64_t>(settlement.status));
    update_outbox_.bind(1, settlement.next_try_ms);
    update_outbox_.bind(2, settlement.error);
    update_outbox_.bind(3, settlement.row);
    return database_.run(update_outbox_);
  }

  std::mutex mutex_;
  Database database_;
  std::optional<Error> broken_;
  Statement insert_action_, insert_outbox_, select_due_, select_next_, delete_outbox_,
      update_outbox_, select_totals_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_temporary_store() {
  Result<Database> database = Database::open_temporary();
  if (!database) return database.error();
  return SqliteStore::open(std::move(*database));
}

}  // namespace mlmon
