#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/standard_streams.h"
#include "cli/state_rows.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "core/store/state_copy.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/url_password.h"

namespace mlmon {
namespace {

/// A state that no run uses meanwhile.
struct Held {
  RunLock lock;
  Database database;
};

Result<Held> hold(const std::string& place, bool create) {
  if (!create && !holds_state(place)) return Error{place + ": holds no state"};
  if (create) {
    if (const auto made = make_state_folder(place); !made) return made.error();
  }
  Result<Database> database = open_state_database(place, create);
  if (!database) return database.error();
  Result<RunLock> lock = RunLock::take(place, 0, SystemClock());
  if (!lock) return lock.error();
  return Held{std::move(*lock), std::move(*database)};
}

Result<CopiedState> copy(const std::string& from, const std::string& to) {
  Result<Held> source = hold(from, false);
  if (!source) return source.error();
  Result<Held> target = hold(to, true);
  if (!target) return target.error();
  const Result<bool> empty = is_empty_state(target->database);
  if (!empty) return empty.error();
  if (!*empty) return Error{to + ": holds a state already, it was left as it is"};
  return copy_state(source->database, target->database);
}

int failed(const Error& error, Log& log) {
  log.log(LogLevel::kError, "", error.text);
  return kExitFailed;
}

}  // namespace

int state_copy_command(const UpkeepOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const Result<CopiedState> copied = copy(options.from, options.to);
  if (!copied) return failed(copied.error(), log);
  const std::string from = without_url_passwords(options.from), to = without_url_passwords(options.to);
  if (options.json) {
    const nlohmann::ordered_json json = {{"from", from}, {"to", to}, {"tables", copied->tables}, {"rows", copied->rows}};
    return write_stdout(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n") ? kExitDone : kExitFailed;
  }
  const std::string text = fmt::format("{} -> {}: {} rows in {} tables, read again and the same\n", from, to,
                                       grouped(static_cast<std::uint64_t>(copied->rows)), copied->tables);
  return write_stdout(text) ? kExitDone : kExitFailed;
}

int state_init_command(const UpkeepOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> place = find_state(options.place, log);
  if (!place) return kExitUsage;
  if (const auto made = make_state_folder(*place); !made) return failed(made.error(), log);
  const Result<Database> database = open_state_database(*place, true);
  if (!database) return failed(database.error(), log);
  const std::string text =
      fmt::format("{}: ready, tables of version {}\n", without_url_passwords(*place), kStateVersion);
  return write_stdout(text) ? kExitDone : kExitFailed;
}

}  // namespace mlmon
