#include "core/store/state_schema.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "core/store/query.h"
#include "core/store/transaction.h"

namespace mlmon {
namespace {

constexpr std::int64_t kApplicationId = 0x6d6c6d6e;  // "mlmn"
constexpr std::int64_t kVersion = 3;

// WAL and NORMAL: a commit survives the death of the process without a sync; after a loss of power the
// last ones may be gone, whole and together with their positions, and are decided on again.
constexpr const char* kPragmas = R"sql(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = OFF;
  PRAGMA cache_size = -8192;
  PRAGMA temp_store = MEMORY;
)sql";

// What version 3 has and version 2 had not: the record of alerts, silences, jobs that are asked for, what
// events said of each model, the last receipts, messages of several actions.
constexpr const char* kTablesOf3 = R"sql(
  ALTER TABLE outbox ADD COLUMN grp INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE outbox ADD COLUMN message INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE outbox ADD COLUMN renewal INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE endpoints ADD COLUMN overflowed INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE held (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    grp INTEGER NOT NULL,
    step TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    why TEXT NOT NULL
  );
  CREATE INDEX held_until ON held (endpoint, until_ms);
  CREATE INDEX held_action ON held (action);
  CREATE TABLE alerts (
    n INTEGER PRIMARY KEY,
    observer TEXT NOT NULL,
    rule TEXT NOT NULL,
    model INTEGER NOT NULL,
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    began INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    UNIQUE (model, rule, observer)
  );
  CREATE INDEX alerts_firing ON alerts (newest) WHERE state IN ('firing', 'flapping');
  CREATE TABLE alert_changes (
    action INTEGER PRIMARY KEY,
    alert INTEGER NOT NULL,
    began INTEGER NOT NULL
  );
  CREATE INDEX alert_changes_alert ON alert_changes (alert, action);
  CREATE TABLE tellings (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    said TEXT NOT NULL
  );
  CREATE INDEX tellings_action ON tellings (action, endpoint);
  CREATE TABLE silences (
    n INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    rule TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  );
  CREATE TABLE polls (
    endpoint INTEGER NOT NULL,
    action INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    PRIMARY KEY (endpoint, action)
  ) WITHOUT ROWID;
  CREATE INDEX polls_next ON polls (endpoint, next_ms);
  CREATE TABLE sightings (
    model INTEGER PRIMARY KEY,
    metrics_events INTEGER NOT NULL,
    drift_events INTEGER NOT NULL,
    last_event_ns INTEGER NOT NULL,
    figures TEXT NOT NULL
  );
  CREATE TABLE receipts (
    n INTEGER PRIMARY KEY,
    ended_ms INTEGER NOT NULL,
    exit_code INTEGER NOT NULL,
    json TEXT NOT NULL
  );
)sql";

// Ids of actions sort by event time, so that their index grows at its end.
constexpr const char* kSchema = R"sql(
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
  CREATE TABLE sources (
    n INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    head_size INTEGER NOT NULL,
    head_hash INTEGER NOT NULL,
    tail_size INTEGER NOT NULL,
    tail_hash INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    newline_due INTEGER NOT NULL
  );
  CREATE INDEX sources_head ON sources (head_size, head_hash);
  CREATE TABLE own_places (
    source INTEGER NOT NULL,
    observer TEXT NOT NULL,
    offset INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    newline_due INTEGER NOT NULL,
    PRIMARY KEY (source, observer)
  ) WITHOUT ROWID;
  CREATE TABLE models (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    deployed_s INTEGER NOT NULL,
    deployed_ns INTEGER NOT NULL,
    UNIQUE (name, version, deployed_s, deployed_ns)
  );
  CREATE TABLE state (
    observer TEXT NOT NULL,
    model INTEGER NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (observer, model, key)
  ) WITHOUT ROWID;
  CREATE TABLE actions (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    json TEXT NOT NULL
  );
  CREATE TABLE endpoints (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    rests_until_ms INTEGER NOT NULL DEFAULT 0,
    recent_ms TEXT NOT NULL DEFAULT ''
  );
  CREATE TABLE outbox (
    n INTEGER PRIMARY KEY,
    action INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    status INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_try_ms INTEGER NOT NULL DEFAULT 0,
    next_try_ms INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
  );
  CREATE INDEX outbox_due ON outbox (endpoint, status, n);
  CREATE INDEX outbox_next ON outbox (endpoint, status, next_try_ms);
  CREATE TABLE jobs (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    model INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    worker TEXT NOT NULL DEFAULT '',
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    ended_ns INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0,
    external INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX jobs_status ON jobs (status, n);
  CREATE INDEX jobs_told ON jobs (told, status);
  CREATE TABLE journal (n INTEGER PRIMARY KEY, job TEXT NOT NULL, json TEXT NOT NULL);
  CREATE TABLE told_at (
    source INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (source, entry)
  ) WITHOUT ROWID;
  CREATE TABLE outputs (
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (device, inode)
  ) WITHOUT ROWID;
  CREATE TABLE requests (
    action INTEGER PRIMARY KEY,
    model INTEGER NOT NULL,
    left INTEGER NOT NULL
  );
  CREATE TABLE days (day INTEGER PRIMARY KEY, first_action INTEGER NOT NULL);
)sql";

// What version 2 has and version 1 had not.
constexpr const char* kFrom1 = R"sql(
  ALTER TABLE endpoints ADD COLUMN rests_until_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE endpoints ADD COLUMN recent_ms TEXT NOT NULL DEFAULT '';
  ALTER TABLE jobs ADD COLUMN external INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE requests (
    action INTEGER PRIMARY KEY,
    model INTEGER NOT NULL,
    left INTEGER NOT NULL
  );
  CREATE TABLE days (day INTEGER PRIMARY KEY, first_action INTEGER NOT NULL);
  PRAGMA user_version = 2;
)sql";

// Beside its tables.
constexpr const char* kFrom2 = R"sql(
  CREATE TABLE told_at (
    source INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (source, entry)
  ) WITHOUT ROWID;
  INSERT INTO told_at SELECT source, n, offset FROM journal WHERE source <> 0;
  ALTER TABLE journal RENAME TO journal_2;
  CREATE TABLE journal (n INTEGER PRIMARY KEY, job TEXT NOT NULL, json TEXT NOT NULL);
  INSERT INTO journal SELECT n, job, json FROM journal_2;
  DROP TABLE journal_2;
  INSERT INTO sightings SELECT n, 0, 0, -9223372036854775808, '{}' FROM models;
  PRAGMA user_version = 3;
)sql";

/// It is ours, not newer than this program, and has its tables.
Result<void> check_or_create(Database& database, const std::string& path) {
  const Result<std::int64_t> application = number_of(database, "PRAGMA application_id");
  if (!application) return Error{application.error().text + "; it was left as it is"};
  const Result<std::int64_t> version = number_of(database, "PRAGMA user_version");
  if (!version) return version.error();
  const Result<std::int64_t> tables = number_of(database, "SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*tables == 0 && *application == 0) {
    const auto begun = database.execute("BEGIN IMMEDIATE");
    if (!begun) return begun;
    // Another process may have been faster.
    const Result<std::int64_t> still = number_of(database, "SELECT count(*) FROM sqlite_schema");
    if (still && *still == 0) {
      if (const auto made = create_schema(database); !made) return made;
    }
    return database.execute("COMMIT");
  }
  if (*application != kApplicationId) return Error{path + ": is not a state of mlmon's"};
  if (*version > kVersion) {
    return Error{fmt::format("{}: was written by a newer mlmon (state version {}, this one knows {})",
                             path, *version, kVersion)};
  }
  return {};
}

Result<Database> open_and_check(const std::string& path, bool create) {
  Result<Database> database = Database::open(path, create);
  if (!database) return database;
  if (const auto ready = check_or_create(*database, path); !ready) return ready.error();
  return database;
}

Result<void> upgrade_from_2(Database& database) {
  if (const auto made = database.execute(kTablesOf3); !made) return made;
  return database.execute(kFrom2);
}

std::string database_in(const std::string& folder) {
  return (std::filesystem::path(folder) / "state.db").string();
}

}  // namespace

Result<void> create_schema(Database& database) {
  if (const auto made = database.execute(kSchema); !made) return made;
  if (const auto made = database.execute(kTablesOf3); !made) return made;
  return database.execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kVersion)
          .c_str());
}

Result<void> upgrade_schema(Database& database) {
  Result<std::int64_t> version = number_of(database, "PRAGMA user_version");
  if (!version || *version == kVersion) return version ? Result<void>() : version.error();
  return in_transaction(database, [&]() -> Result<void> {
    // Another process may have been faster.
    version = number_of(database, "PRAGMA user_version");
    if (!version) return version.error();
    if (*version == 1) {
      if (const auto done = database.execute(kFrom1); !done) return done;
    }
    return *version < kVersion ? upgrade_from_2(database) : Result<void>();
  });
}

Result<Database> read_state_database(const std::string& folder) {
  return open_and_check(database_in(folder), false);
}

Result<Database> open_state_database(const std::string& folder, bool create) {
  const std::string path = database_in(folder);
  Result<Database> database = open_and_check(path, create);
  if (!database) return database;
  if (const auto upgraded = upgrade_schema(*database); !upgraded) return upgraded.error();
  if (const auto set = database->execute(kPragmas); !set) return set.error();
  return database;
}

}  // namespace mlmon
