#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/standard_streams.h"
#include "cli/state_rows.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "core/store/postgres_state.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/store/upkeep.h"
#include "core/text/url_password.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kDayNs = 86'400 * kNsPerSecond;

std::string size_text(std::int64_t bytes) {
  constexpr std::int64_t kKiB = 1024, kMiB = kKiB * kKiB;
  if (bytes < kMiB) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / kKiB);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMiB);
}

std::string count_text(std::int64_t count) { return grouped(static_cast<std::uint64_t>(count)); }

/// The database and what stands beside it.
struct Files {
  std::int64_t bytes = 0;
  std::int64_t changed_ns = 0;  // the last commit
};

Files look_at_files(const std::string& folder) {
  Files files;
  for (const char* name : {"state.db", "state.db-wal"}) {
    struct stat status {};
    if (::stat((std::filesystem::path(folder) / name).c_str(), &status) != 0) continue;
    files.bytes += status.st_size;
    if (status.st_size == 0) continue;
    files.changed_ns = std::max(files.changed_ns, status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec);
  }
  return files;
}

/// One `mlmon state info` or `compact`, on a folder that holds a state.
class Upkeep {
 public:
  Upkeep(const UpkeepOptions& options, const std::string& folder, Log& log)
      : options_(options), folder_(folder), name_(without_url_passwords(folder)), log_(log) {}

  int info() {
    Files files = look_at_files(folder_);
    Result<Database> database = read_state_database(folder_);
    if (!database) return failed(database.error());
    const Result<StateInfo> info = read_state_info(*database);
    if (!info) return failed(info.error());
    if (database->is_postgres()) files.bytes = info->bytes;
    if (options_.json) return written(json_of(*info, files));
    std::string text =
        database->is_postgres()
            ? fmt::format("{}\n{} in tables of version {}\n\n", name_, size_text(files.bytes), info->version)
            : fmt::format("{}\n{} on disk, {} of them unused; tables of version {}\nlast commit {}\n\n", name_,
                          size_text(files.bytes), size_text(info->free_bytes), info->version,
                          format_unix_ms(files.changed_ns / kNsPerMs));
    TextTable table({"<what", ">rows", "<oldest", "<newest"});
    for (const StateKind& kind : info->kinds) {
      table.add({kind.name, count_text(kind.rows), or_dash(kind.oldest), or_dash(kind.newest)});
    }
    return written(text + table.text("row", info->kinds.size() + 1, table_width(STDOUT_FILENO)));
  }

  int compact() {
    const std::int64_t now_ms = clock_.now_ns() / kNsPerMs;
    const std::int64_t days = (options_.keep_ns + kDayNs - 1) / kDayNs;
    const std::int64_t before = look_at_files(folder_).bytes;
    if (is_postgres_url(folder_)) return compact_postgres(now_ms, days);
    if (options_.dry_run) return on_copy(now_ms, days, before);
    const Result<RunLock> lock = RunLock::take(folder_, 0, clock_);
    if (!lock) return failed(lock.error());
    Result<Database> database = open_state_database(folder_, false);
    if (!database) return failed(database.error());
    const Result<Pruned> pruned = mlmon::compact(*database, now_ms, days);
    if (!pruned) return failed(pruned.error());
    return tell(*pruned, before, look_at_files(folder_).bytes);
  }

 private:
  int failed(const Error& error) {
    log_.log(LogLevel::kError, "", error.text);
    return kExitFailed;
  }

  static int written(const std::string& text) { return write_stdout(text) ? kExitDone : kExitFailed; }
  static std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

  int compact_postgres(std::int64_t now_ms, std::int64_t days) {
    if (options_.dry_run) {
      return failed({"--dry-run tries it on a copy, which is made of a state folder only"});
    }
    const Result<RunLock> lock = RunLock::take(folder_, 0, clock_);
    if (!lock) return failed(lock.error());
    Result<Database> database = open_state_database(folder_, false);
    if (!database) return failed(database.error());
    const auto before = postgres_state_bytes(*database);
    const Result<Pruned> pruned = mlmon::compact(*database, now_ms, days);
    if (!pruned) return failed(pruned.error());
    const auto after = postgres_state_bytes(*database);
    if (!before || !after) return failed(!before ? before.error() : after.error());
    return tell(*pruned, *before, *after);
  }

  /// The same on a copy, so that nobody is kept waiting.
  int on_copy(std::int64_t now_ms, std::int64_t days, std::int64_t before) {
    Result<Database> state = read_state_database(folder_);
    if (!state) return failed(state.error());
    Result<Database> copy = Database::open_temporary();
    if (!copy) return failed(copy.error());
    if (const auto copied = copy->copy_from(*state); !copied) return failed(copied.error());
    if (const auto ready = upgrade_schema(*copy); !ready) return failed(ready.error());
    const Result<Pruned> pruned = mlmon::compact(*copy, now_ms, days);
    if (!pruned) return failed(pruned.error());
    const Result<StateInfo> after = read_state_info(*copy);
    return after ? tell(*pruned, before, after->bytes) : failed(after.error());
  }

  int tell(const Pruned& pruned, std::int64_t before, std::int64_t after) const {
    if (options_.json) {
      const Json json = {{"dry_run", options_.dry_run},
                         {"texts", pruned.texts},
                         {"alerts", pruned.alerts},
                         {"alert_changes", pruned.alert_changes},
                         {"tellings", pruned.tellings},
                         {"silences", pruned.silences},
                         {"bytes_before", before},
                         {"bytes_after", after}};
      return written(json.dump() + "\n");
    }
    return written(fmt::format("{}: {} texts of actions that are done, {} alerts that are over, {} changes of alerts, "
                               "{} answers of receivers, {} silences\n{}: {} -> {}\n",
                               options_.dry_run ? "would remove" : "removed", count_text(pruned.texts),
                               count_text(pruned.alerts), count_text(pruned.alert_changes),
                               count_text(pruned.tellings), count_text(pruned.silences),
                               options_.dry_run ? "would take" : "size", size_text(before), size_text(after)));
  }

  std::string json_of(const StateInfo& info, const Files& files) const {
    Json json = {{"folder", name_},
                 {"version", info.version},
                 {"bytes", files.bytes},
                 {"unused_bytes", info.free_bytes},
                 {"last_commit", files.changed_ns == 0 ? Json() : Json(format_unix_ms(files.changed_ns / kNsPerMs))},
                 {"kinds", Json::array()}};
    for (const StateKind& kind : info.kinds) {
      json["kinds"].push_back({{"kind", kind.name},
                               {"rows", kind.rows},
                               {"oldest", kind.oldest.empty() ? Json() : Json(kind.oldest)},
                               {"newest", kind.newest.empty() ? Json() : Json(kind.newest)}});
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  const UpkeepOptions& options_;
  const std::string folder_, name_;
  Log& log_;
  SystemClock clock_;
};

}  // namespace

int upkeep_command(const UpkeepOptions& options) {
  if (options.verb == UpkeepOptions::Verb::kCopy) return state_copy_command(options);
  if (options.verb == UpkeepOptions::Verb::kExport) return state_export_command(options);
  if (options.verb == UpkeepOptions::Verb::kImport) return state_import_command(options);
  if (options.verb == UpkeepOptions::Verb::kInit) return state_init_command(options);
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> folder = find_state(options.place, log);
  if (!folder) return kExitUsage;
  if (!holds_state(*folder)) {
    log.log(LogLevel::kError, "", *folder + ": holds no state");
    return kExitFailed;
  }
  Upkeep upkeep(options, *folder, log);
  return options.verb == UpkeepOptions::Verb::kInfo ? upkeep.info() : upkeep.compact();
}

}  // namespace mlmon
