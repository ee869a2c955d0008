#include "cli/state_health.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/exit_code.h"
#include "cli/state_rows.h"
#include "core/store/overview.h"
#include "core/store/postgres_state.h"
#include "core/store/query.h"
#include "core/store/receipt_record.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/postgres_url.h"
#include "core/text/quantity.h"
#include "core/text/url_password.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStateFinding = "state";
constexpr std::int64_t kMsPerMinute = 60'000;

/// A folder for a copy, that goes away with this object.
class Scratch {
 public:
  Scratch() {
    std::error_code failed;
    std::string name = (fs::temp_directory_path(failed) / "mlmon-doctor-XXXXXX").string();
    if (!failed && ::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// A run holds the folder. Looks without taking the lock away from one that comes.
bool run_is_active(const fs::path& folder) {
  const int fd = ::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return held;
}

void check_mode(const fs::path& path, Health& health) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  const auto mode = static_cast<unsigned>(status.st_mode & 0777);
  const std::string what = fmt::format("{} has mode {:04o}", path.string(), mode);
  if (status.st_uid != ::geteuid() && ::geteuid() != 0) {
    health.broken("permissions", fmt::format("{} belongs to user {}, not to {}", path.string(),
                                             status.st_uid, ::geteuid()));
  } else if ((mode & 0022) != 0) {
    health.broken("permissions", what + ": others may write to it (chmod go-w)");
  } else if ((mode & 0055) != 0) {
    health.warning("permissions", what + ": others may read it (chmod go-rx)");
  }
}

void check_files(const fs::path& folder, Health& health) {
  const std::size_t before = health.findings().size();
  for (const char* name : {"", "state.db", "state.db-wal", "state.db-shm", "lock"}) {
    check_mode(folder / name, health);
  }
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    health.broken("permissions", folder.string() + ": cannot be written to: " + std::strerror(errno));
  }
  if (health.findings().size() == before) health.ok("permissions", folder.string());
}

void check_room(const fs::path& folder, Health& health) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  constexpr std::uint64_t kMiB = 1 << 20;
  const std::string text = fmt::format("{} MiB free", free / kMiB);
  if (free < 16 * kMiB) {
    health.broken("disk", text + ": a run cannot go on for long");
  } else if (free < 512 * kMiB) {
    health.warning("disk", text);
  } else {
    health.ok("disk", text);
  }
}

/// The database, opened so that neither it nor a file beside it changes.
Result<Database> open_untouched(const fs::path& folder, const Scratch& scratch) {
  const fs::path path = folder / "state.db", log = folder / "state.db-wal";
  if (run_is_active(folder)) return Database::open_to_look(path.string(), false);
  std::error_code failed;
  const bool log_is_empty = !fs::exists(log, failed) || fs::file_size(log, failed) == 0;
  if (log_is_empty) return Database::open_to_look(path.string(), true);
  // A run was killed: what it left in the log counts, and reading it would write.
  for (const fs::path& file : {path, log}) {
    if (!fs::copy_file(file, scratch.path() / file.filename(), failed)) {
      return Error{file.string() + ": cannot be copied for a check: " + failed.message()};
    }
  }
  return Database::open((scratch.path() / "state.db").string(), false);
}

/// True: the tables are those of this version.
bool check_database(Database& database, Health& health) {
  std::string said;
  const auto checked = each_row_of(database, "PRAGMA integrity_check(3)", [&](const Statement& row) {
    said += (said.empty() ? "" : "; ") + std::string(row.text(0));
  });
  if (!checked || said != "ok") {
    health.broken(kStateFinding, "the database is damaged: " + (checked ? said : checked.error().text));
    return false;
  }
  const Result<std::int64_t> version = number_of(database, "PRAGMA user_version");
  const Result<bool> ours = is_ours(database);
  if (!version || !ours || !*ours) {
    health.broken(kStateFinding, "state.db is not an mlmon state database");
    return false;
  }
  if (*version > kStateVersion) {
    health.broken(kStateFinding, fmt::format("written by a newer mlmon (state version {}, this one knows {})",
                                      *version, kStateVersion));
    return false;
  }
  if (*version < kStateVersion) {
    health.warning(kStateFinding, fmt::format("state version {}: the next run brings it to {}", *version,
                                       kStateVersion));
    return false;
  }
  health.ok(kStateFinding, "the database is whole");
  return true;
}

void check_last_run(Database& database, const Clock& clock, Health& health) {
  std::optional<KeptReceipt> last;
  const auto listed = ReceiptRecord(database).list([&](const KeptReceipt& receipt) {
    if (!last) last = receipt;
  });
  if (!listed || !last) return;
  const std::int64_t now_ms = clock.now_ns() / kNsPerMs;
  if (last->ended_ms > now_ms + kMsPerMinute) {
    health.broken("clock", fmt::format("it is {}, and the last run ended at {}: the clock is or was wrong",
                                       format_unix_ms(now_ms), format_unix_ms(last->ended_ms)));
  } else {
    health.ok("clock", format_unix_ms(now_ms));
  }
  const std::string run = fmt::format("the last run ended at {} with exit code {}",
                                      format_unix_ms(last->ended_ms), last->exit_code);
  health.add(is_good(last->exit_code) ? HealthFinding::Status::kOk : HealthFinding::Status::kWarning, "last run", run);
}

void check_outbox(Overview& overview, Health& health) {
  const auto outbox = overview.outbox();
  if (!outbox) return health.broken("outbox", outbox.error().text);
  for (const OutboxSum& sum : *outbox) {
    if (sum.waiting > 0) {
      health.warning("outbox", fmt::format("{}: {} waiting", sum.endpoint, sum.waiting));
    }
    if (sum.dead > 0) {
      health.warning("outbox", fmt::format("{}: {} failed for good (mlmon outbox list)", sum.endpoint,
                                           sum.dead));
    }
  }
  if (outbox->empty()) health.ok("outbox", "nothing waits");
}

/// Its version is looked at as it is opened.
void check_postgres(const std::string& url, const Clock& clock, Health& health) {
  if (!holds_state(url)) return health.ok(kStateFinding, without_url_passwords(url) + ": no run has been there yet");
  Result<Database> database = open_state_database(url, false);
  if (!database) return health.broken(kStateFinding, database.error().text);
  health.ok(kStateFinding, "the database answers");
  const Result<std::int64_t> closed = postgres_closed_tables(*database);
  if (!closed) return health.broken("permissions", closed.error().text);
  if (*closed == 0) {
    health.ok("permissions", "the state's tables may be read and written");
  } else {
    health.broken("permissions", fmt::format("{} of the state's tables may not be read or written: GRANT SELECT, INSERT, "
                                             "UPDATE, DELETE ON ALL TABLES IN SCHEMA … TO this role", *closed));
  }
  const Result<std::int64_t> there_ms = database->now_ms();
  const std::int64_t ahead_ms = there_ms ? *there_ms - clock.now_ns() / 1'000'000 : 0;
  if (std::abs(ahead_ms) > kMsPerMinute) {
    health.warning("clock", fmt::format("that of the database is {} s {} this machine's", std::abs(ahead_ms) / 1000,
                                        ahead_ms > 0 ? "ahead of" : "behind"));
  }
  check_last_run(*database, clock, health);
  Overview overview(std::move(*database));
  check_outbox(overview, health);
}

}  // namespace

void check_state(const std::string& folder, const Clock& clock, Health& health) {
  if (is_postgres_url(folder)) return check_postgres(folder, clock, health);
  if (!holds_state(folder)) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0) check_files(folder, health);
    return health.ok(kStateFinding, folder + ": no run has been there yet");
  }
  check_files(folder, health);
  check_room(folder, health);
  const Scratch scratch;
  Result<Database> database = open_untouched(folder, scratch);
  if (!database) return health.broken(kStateFinding, database.error().text);
  if (!check_database(*database, health)) return;
  check_last_run(*database, clock, health);
  Overview overview(std::move(*database));
  check_outbox(overview, health);
}

}  // namespace mlmon
