#include "core/store/state_schema.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "core/store/postgres_state.h"
#include "core/store/query.h"
#include "core/store/transaction.h"

namespace mlmon {
namespace {

constexpr std::int64_t kApplicationId = 0x6d6c6d6e;  // "mlmn"
constexpr std::int64_t kVersion = kStateVersion;

// WAL and NORMAL: a commit survives the death of the process without a sync; after a loss of power the
// last ones may be gone, whole and together with their positions, and are decided on again.
constexpr const char* kPragmas = R"sql(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = OFF;
  PRAGMA cache_size = -8192;
  PRAGMA temp_store = MEMORY;
)sql";

// What version 3 has and version 2 had not: the record of alerts, silences, what events said
// of each model, totals, the last receipts, jobs that are asked for, and with each time to come when it was
// stored. Most deliveries are due at once, and gone before they are tried again: these are in no index by time.
constexpr const char* kTablesOf3 = R"sql(
  CREATE TABLE totals (
    name TEXT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name, first, second)
  ) WITHOUT ROWID;
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
  CREATE TABLE sightings (
    model INTEGER PRIMARY KEY,
    metrics_events INTEGER NOT NULL,
    drift_events INTEGER NOT NULL,
    last_event_ns INTEGER NOT NULL,
    figures TEXT NOT NULL,
    metrics_ns INTEGER NOT NULL DEFAULT -9223372036854775808,
    drift_ns INTEGER NOT NULL DEFAULT -9223372036854775808
  );
  CREATE TABLE receipts (
    n INTEGER PRIMARY KEY,
    ended_ms INTEGER NOT NULL,
    exit_code INTEGER NOT NULL,
    json TEXT NOT NULL
  );
  ALTER TABLE outbox ADD COLUMN tried_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE endpoints ADD COLUMN rests_since_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE polls (
    endpoint INTEGER NOT NULL,
    action INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    PRIMARY KEY (endpoint, action)
  ) WITHOUT ROWID;
  CREATE INDEX polls_next ON polls (endpoint, next_ms);
  DROP INDEX outbox_next;
  CREATE INDEX outbox_next ON outbox (endpoint, next_try_ms) WHERE status = 1 AND next_try_ms > 0;
)sql";

// What version 4 has and version 3 had not: in which partition of a log a model is at home, and an action with it; who
// reads a partition, in which epoch, and up to which action its lines were written.
constexpr const char* kColumnsOf4 = R"sql(
  ALTER TABLE sources ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sources ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sources ADD COLUMN written INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE models ADD COLUMN home INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE actions ADD COLUMN home INTEGER NOT NULL DEFAULT 0;
)sql";

// Ids of actions sort by event time, so that their index grows at its end. TEXT_BYTES is TEXT to SQLite, and says that
// the text need not be UTF-8.
constexpr const char* kSchema = R"sql(
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
  CREATE TABLE sources (
    n INTEGER PRIMARY KEY,
    path TEXT_BYTES NOT NULL,
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    seen_size INTEGER NOT NULL DEFAULT 0,
    changed_ns INTEGER NOT NULL DEFAULT 0,
    head_text TEXT_BYTES NOT NULL DEFAULT '',
    head_size INTEGER NOT NULL,
    head_hash INTEGER NOT NULL,
    tail_size INTEGER NOT NULL,
    tail_hash INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    newline_due INTEGER NOT NULL
  );
  CREATE INDEX sources_head ON sources (head_size, head_hash);
  CREATE INDEX sources_text ON sources (head_text);
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
    key TEXT_BYTES NOT NULL,
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
  ALTER TABLE sources ADD COLUMN seen_size INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sources ADD COLUMN changed_ns INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sources ADD COLUMN head_text TEXT NOT NULL DEFAULT '';
  CREATE INDEX sources_text ON sources (head_text);
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
  INSERT INTO sightings (model, metrics_events, drift_events, last_event_ns, figures)
    SELECT n, 0, 0, -9223372036854775808, '{}' FROM models;
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

/// SQLite cannot open longer ones, and says something else.
Result<void> check_length(const std::string& path) {
  constexpr std::size_t kLongest = 500;
  std::error_code failed;
  const std::size_t length = std::filesystem::absolute(path, failed).string().size();
  if (failed || length <= kLongest) return {};
  return Error{fmt::format("{}: the path of a state database has at most {} bytes, this one has {}",
                           path, kLongest, length)};
}

Result<Database> open_and_check(const std::string& path, bool create) {
  if (const auto fits = check_length(path); !fits) return fits.error();
  Result<Database> database = Database::open(path, create);
  if (!database) return database;
  if (const auto ready = check_or_create(*database, path); !ready) return ready.error();
  return database;
}

Result<void> upgrade_from_2(Database& database) {
  if (const auto made = database.execute(kTablesOf3); !made) return made;
  return database.execute(kFrom2);
}

Result<void> upgrade_from_3(Database& database) {
  if (const auto made = database.execute(kColumnsOf4); !made) return made;
  return database.execute("PRAGMA user_version = 4");
}

/// What is in the state is the user's own. SQLite gives files beside the database the same mode. A database
/// that is there is not opened for this: closing it would take SQLite's locks away.
void keep_to_the_user(const std::string& path, bool create) {
  constexpr mode_t kOwn = 0600;
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if ((status.st_mode & 0077) == 0) return;
    // Of an earlier version; one of another user's stays as that one wants it.
    for (const char* beside : {"", "-wal", "-shm"}) (void)::chmod((path + beside).c_str(), kOwn);
  } else if (create) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwn);
    if (fd >= 0) ::close(fd);  // else opening it as a database says why
  }
}

std::string database_in(const std::string& folder) {
  return (std::filesystem::path(folder) / "state.db").string();
}

bool on_read_only_system(const std::string& path) {
  struct statvfs system {};
  return statvfs(path.c_str(), &system) == 0 && (system.f_flag & ST_RDONLY) != 0;
}

/// A folder that is gone at the end, with all in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code failed;
    std::string made = (std::filesystem::temp_directory_path(failed) / "mlmon-XXXXXX").string();
    if (!failed && mkdtemp(made.data()) != nullptr) path_ = made;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;

  /// Where a file was copied to; an error says what failed.
  Result<std::string> copy(const std::string& file) const {
    const std::string to = path_ + "/" + std::filesystem::path(file).filename().string();
    std::error_code failed;
    if (path_.empty()) return Error{"no temporary folder can be made"};
    std::filesystem::copy_file(file, to, failed);
    return failed ? Result<std::string>(Error{file + ": " + failed.message()}) : to;
  }

 private:
  std::string path_;
};

/// A copy in memory of a database on a read-only file system, where SQLite could not put its files beside it.
/// Nothing can be written to it.
Result<Database> copy_of_frozen(const std::string& path) {
  const ScratchFolder scratch;
  const Result<std::string> beside = scratch.copy(path);
  if (!beside) return beside.error();
  if (std::filesystem::exists(path + "-wal")) {
    if (const auto wal = scratch.copy(path + "-wal"); !wal) return wal.error();
  }
  Result<Database> original = open_and_check(*beside, false);
  if (!original) return original;
  Result<Database> copy = Database::open_temporary();
  if (!copy) return copy;
  if (const auto copied = copy->copy_from(*original); !copied) return copied.error();
  if (const auto upgraded = upgrade_schema(*copy); !upgraded) return upgraded.error();
  if (const auto set = copy->execute("PRAGMA query_only = ON"); !set) return set.error();
  return copy;
}

}  // namespace

Result<bool> is_ours(Database& database) {
  const Result<std::int64_t> application = number_of(database, "PRAGMA application_id");
  if (!application) return application.error();
  return *application == kApplicationId;
}

Result<void> create_schema(Database& database) {
  if (const auto made = database.execute(kSchema); !made) return made;
  if (const auto made = database.execute(kTablesOf3); !made) return made;
  if (const auto made = database.execute(kColumnsOf4); !made) return made;
  return database.execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kVersion)
          .c_str());
}

std::string tables_sql() { return std::string(kSchema) + kTablesOf3 + kColumnsOf4; }

std::string upgrade_sql_from_3() { return kColumnsOf4; }

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
    if (*version <= 2) {
      if (const auto done = upgrade_from_2(database); !done) return done;
    }
    return *version <= 3 ? upgrade_from_3(database) : Result<void>();
  });
}

Result<Database> read_state_database(const std::string& folder) {
  if (is_postgres_url(folder)) return open_postgres_state(folder, false);
  if (on_read_only_system(database_in(folder))) return copy_of_frozen(database_in(folder));
  return open_and_check(database_in(folder), false);
}

Result<Database> open_state_database(const std::string& folder, bool create) {
  if (is_postgres_url(folder)) return open_postgres_state(folder, create);
  const std::string path = database_in(folder);
  if (!create && on_read_only_system(path)) return copy_of_frozen(path);
  keep_to_the_user(path, create);
  Result<Database> database = open_and_check(path, create);
  if (!database) return database;
  if (const auto upgraded = upgrade_schema(*database); !upgraded) return upgraded.error();
  if (const auto set = database->execute(kPragmas); !set) return set.error();
  return database;
}

}  // namespace mlmon
