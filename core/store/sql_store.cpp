#include "core/store/sql_store.h"

#include <utility>

#include "core/store/postgres_state.h"
#include "core/store/query.h"
#include "core/store/state_copy.h"
#include "core/store/state_schema.h"
#include "core/store/transaction.h"

namespace mlmon {
namespace {

// Without a journal nothing can be rolled back: such a store that has failed stays failed.
constexpr const char* kTemporaryPragmas = R"sql(
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -4096;
)sql";

}  // namespace

std::uint32_t model_in(const Statement& row, int column, ModelTable& models) {
  return models.intern(
      row.text(column), row.text(column + 1),
      {row.integer(column + 2), static_cast<std::int32_t>(row.integer(column + 3))});
}

Result<void> SqlStore::transact(const std::function<Result<void>()>& work) {
  if (broken_) return *broken_;
  bool again = false;
  const Result<void> done = in_transaction(database_, [&] {
    if (std::exchange(again, true)) forget_rows();
    return work();
  });
  if (done) return done;
  if (temporary_) broken_ = done.error();
  forget_rows();
  return done;
}

void SqlStore::forget_rows() {
  model_rows_.clear();
}

Result<void> SqlStore::prepare() {
  const std::string ours = only_actions_of(run_, "o.action");
  const std::string select_due =
      "SELECT o.n, a.id, a.json, o.attempts, o.first_try_ms "
      // Else the index by time is taken, and all that waits is sorted for each round.
      "FROM outbox o INDEXED BY outbox_due "
      "JOIN actions a ON a.n = o.action "
      // See was_clock_ahead().
      "WHERE o.endpoint = ?1 AND o.status = 1 AND (o.next_try_ms <= ?2 OR o.tried_ms - 60000 > ?2) " + ours +
      " ORDER BY o.n LIMIT ?3";
  const std::string select_next =
      "SELECT o.next_try_ms FROM outbox o WHERE o.endpoint = ? AND o.status = 1 AND o.next_try_ms > 0 " + ours +
      " ORDER BY o.next_try_ms LIMIT 1";
  const std::pair<Statement*, const char*> statements[] = {
      {&select_due_, select_due.c_str()},
      {&select_next_, select_next.c_str()},
      {&update_outbox_,
       "UPDATE outbox SET status = ?1, next_try_ms = ?2, error = ?3, attempts = attempts + 1, tried_ms = ?4, "
       "first_try_ms = CASE first_try_ms WHEN 0 THEN ?4 ELSE first_try_ms END WHERE n = ?5"},
      {&insert_model_,
       "INSERT INTO models (name, version, deployed_s, deployed_ns) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"},
      {&select_model_,
       "SELECT n FROM models WHERE name = ? AND version = ? AND deployed_s = ? AND "
       "deployed_ns = ?"},
      {&put_state_,
       "INSERT INTO state (observer, model, key, value) VALUES (?, ?, ?, ?) "
       "ON CONFLICT (observer, model, key) DO UPDATE SET value = excluded.value"},
      {&delete_state_, "DELETE FROM state WHERE observer = ? AND model = ? AND key = ?"},
      {&select_action_, "SELECT n FROM actions WHERE id = ?"},
      {&select_ended_,
       "SELECT 1 FROM jobs WHERE id = ?1 AND status IN ('done', 'failed', 'cancelled') AND NOT "
       "(?2 <> 0 AND (told <> 1 OR EXISTS (SELECT 1 FROM journal WHERE job = ?1)))"},
  };
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  struct Writer {
    std::unique_ptr<RowWriter>* writer;
    const char* each;
    const char* at_once;
  };
  const Writer writers[] = {
      {&held_,
       "INSERT INTO held (action, endpoint, grp, step, until_ms, at_ms, why) "
       "VALUES (?1, ?2, ?3, 'backlog', ?4, ?4, '--backlog final')",
       "INSERT INTO held (action, endpoint, grp, step, until_ms, at_ms, why) "
       "SELECT action, endpoint, grp, 'backlog', at_ms, at_ms, '--backlog final' "
       "FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) AS u (action, endpoint, grp, at_ms)"},
      {&jobs_, "INSERT INTO jobs (n, id, model) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
       "INSERT INTO jobs (n, id, model) SELECT * FROM unnest(?::bigint[], ?::text[], ?::bigint[]) "
       "ON CONFLICT DO NOTHING"},
      {&homes_, "UPDATE models SET home = ?2 WHERE n = ?1 AND home = 0",
       "UPDATE models m SET home = u.home FROM unnest(?::bigint[], ?::bigint[]) AS u (n, home) "
       "WHERE m.n = u.n AND m.home = 0"},
      {&models_, nullptr,
       "WITH u AS (SELECT * FROM unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::bigint[]) "
       "AS u (handle, name, version, deployed_s, deployed_ns)), added AS (INSERT INTO models "
       "(name, version, deployed_s, deployed_ns) SELECT name, version, deployed_s, deployed_ns FROM u ORDER BY handle "
       "ON CONFLICT DO NOTHING RETURNING n, name, version, deployed_s, deployed_ns) "
       "SELECT u.handle, coalesce(a.n, m.n) FROM u LEFT JOIN added a USING (name, version, deployed_s, deployed_ns) "
       "LEFT JOIN models m ON m.name = u.name AND md5(m.version) = md5(u.version) AND m.version = u.version AND "
       "m.deployed_s = u.deployed_s AND m.deployed_ns = u.deployed_ns"},
      {&state_, nullptr,
       "WITH u AS (SELECT DISTINCT ON (observer, model, key) observer, model, key, value, kept FROM "
       "unnest(?::text[], ?::bigint[], ?::bytea[], ?::bytea[], ?::bigint[]) "
       "WITH ORDINALITY AS u (observer, model, key, value, kept, at) ORDER BY observer, model, key, at DESC), "
       "gone AS (DELETE FROM state s USING u WHERE u.kept = 0 AND s.observer = u.observer AND s.model = u.model "
       "AND s.key = u.key) INSERT INTO state (observer, model, key, value) SELECT observer, model, key, value FROM u "
       "WHERE kept = 1 ON CONFLICT (observer, model, key) DO UPDATE SET value = excluded.value"},
  };
  for (const Writer& one : writers) {
    if (one.each == nullptr && !database_.is_postgres()) continue;
    auto writer = database_.writer(one.each, one.at_once);
    if (!writer) return writer.error();
    *one.writer = std::move(*writer);
  }
  auto actions = database_.group_writer(
      "INSERT INTO actions (id, json) VALUES (?, ?) ON CONFLICT DO NOTHING",
      "INSERT INTO actions (id, json, home) SELECT id, json, home FROM unnest(?::text[], ?::text[], ?::bigint[]) "
      "WITH ORDINALITY AS u (id, json, home, at) ORDER BY at ON CONFLICT DO NOTHING RETURNING n, id");
  if (!actions) return actions.error();
  actions_ = std::move(*actions);
  auto outbox = database_.run_writer(
      "INSERT INTO outbox (action, endpoint, grp, next_try_ms) "
      "SELECT n, ?3, ?4, ?5 FROM actions WHERE n BETWEEN ?1 AND ?2 ORDER BY n",
      "INSERT INTO outbox (action, endpoint, grp, next_try_ms) VALUES (?, ?, ?, ?)",
      "INSERT INTO outbox (action, endpoint, grp, next_try_ms) "
      "SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])");
  if (!outbox) return outbox.error();
  outbox_ = std::move(*outbox);
  auto delivered = database_.run_writer("DELETE FROM outbox WHERE n BETWEEN ? AND ?", nullptr,
                                        "DELETE FROM outbox WHERE n = ANY (?::bigint[])");
  if (!delivered) return delivered.error();
  delivered_ = std::move(*delivered);
  if (!temporary_ && !database_.is_postgres()) database_.note_place();
  if (run_ != 0) {
    Result<PartitionClaims> claims = PartitionClaims::open(database_, run_);
    if (!claims) return claims.error();
    claims_.emplace(std::move(*claims));
  } else if (database_.is_postgres()) {
    if (const auto ended = transact([&] { return end_all_claims(database_); }); !ended) return ended;
  }
  Result<TotalsRecord> totals = TotalsRecord::open(database_);
  if (!totals) return totals.error();
  totals_.emplace(std::move(*totals));
  Result<AlertRecord> alerts = AlertRecord::open(database_);
  if (!alerts) return alerts.error();
  alerts_.emplace(std::move(*alerts));
  Result<SightingRecord> sightings = SightingRecord::open(database_);
  if (!sightings) return sightings.error();
  sightings_.emplace(std::move(*sightings));
  const auto last = number_of(database_, "SELECT coalesce(max(n), 0) FROM actions");
  if (!last) return last.error();
  before_run_ = *last;
  const auto recorded = number_of(database_, "SELECT EXISTS (SELECT 1 FROM alerts)");
  if (!recorded) return recorded.error();
  has_alerts_ = *recorded != 0 || run_ != 0;  // others may add some
  const auto requests = number_of(
      database_, "SELECT EXISTS (SELECT 1 FROM requests) OR EXISTS "  // some that failed may be tried again
                 "(SELECT 1 FROM jobs j JOIN outbox o ON o.action = j.n WHERE j.external = 1)");
  if (!requests) return requests.error();
  has_requests_ = *requests != 0 || run_ != 0;
  return {};
}

Result<std::unique_ptr<Store>> open_temporary_store() {
  Result<Database> database = Database::open_temporary();
  if (!database) return database.error();
  if (const auto set = database->execute(kTemporaryPragmas); !set) return set.error();
  if (const auto made = create_schema(*database); !made) return made.error();
  return SqlStore::open(std::move(*database), true);
}

Result<std::unique_ptr<Store>> open_copy_store(const std::string& folder) {
  Result<Database> database = Database::open_temporary();
  if (!database) return database.error();
  Result<Database> original = read_state_database(folder);
  if (!original) return original.error();
  if (original->is_postgres()) {
    if (const auto made = create_schema(*database); !made) return made.error();
    if (const auto copied = copy_state(*original, *database); !copied) return copied.error();
    if (const auto set = database->execute(kTemporaryPragmas); !set) return set.error();
    return SqlStore::open(std::move(*database), true);
  }
  if (const auto copied = database->copy_from(*original); !copied) return copied.error();
  if (const auto upgraded = upgrade_schema(*database); !upgraded) return upgraded.error();
  if (const auto set = database->execute(kTemporaryPragmas); !set) return set.error();
  return SqlStore::open(std::move(*database), true);
}

Result<std::unique_ptr<Store>> open_postgres_store(const std::string& url, PostgresOptions options) {
  options.is_run = true;
  const std::int64_t shared_as = options.shared_as;
  Result<Database> database = open_postgres_state(url, true, std::move(options));
  if (!database) return database.error();
  return SqlStore::open(std::move(*database), false, shared_as);
}

Result<std::unique_ptr<Store>> open_state_store(const std::string& folder, int lock_wait_ms) {
  Result<Database> database = open_state_database(folder, true);
  if (!database) return database.error();
  database->wait_for_locks(lock_wait_ms);
  return SqlStore::open(std::move(*database), false);
}

}  // namespace mlmon
