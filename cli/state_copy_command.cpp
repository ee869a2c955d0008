#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/log.h"
#include "cli/standard_streams.h"
#include "cli/state_rows.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "core/action/output.h"
#include "core/store/state_copy.h"
#include "core/store/state_dump.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/url_password.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

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

Result<Held> hold_empty(const std::string& place) {
  Result<Held> target = hold(place, true);
  if (!target) return target;
  const Result<bool> empty = is_empty_state(target->database);
  if (!empty) return empty.error();
  if (!*empty) return Error{without_url_passwords(place) + ": holds a state already, it was left as it is"};
  return target;
}

Result<CopiedState> copy_from_to(const std::string& from, const std::string& to) {
  Result<Held> source = hold(from, false);
  if (!source) return source.error();
  Result<Held> target = hold_empty(to);
  if (!target) return target.error();
  return copy_state(source->database, target->database);
}

Result<CopiedState> dump_to_stdout(const std::string& from) {
  if (!holds_state(from)) return Error{without_url_passwords(from) + ": holds no state"};
  Result<Database> database = open_state_database(from, false);
  if (!database) return database.error();
  constexpr std::size_t kAtOnce = 64 * 1024;
  FdOutput out(STDOUT_FILENO, "stdout");
  std::string lines;
  const auto dumped = dump_state(*database, [&](std::string_view line) -> Result<void> {
    lines.append(line) += '\n';
    if (lines.size() < kAtOnce) return {};
    const auto written = out.write(lines);
    lines.clear();
    return written;
  });
  if (!dumped) return dumped;
  if (const auto written = out.write(lines); !written) return written.error();
  return dumped;
}

/// Lines of a file, or of stdin for "-".
class LineFile {
 public:
  static Result<LineFile> open(const std::string& path) {
    std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "re");
    if (file == nullptr) return Error{path + ": " + std::strerror(errno), errno};
    return LineFile(file);
  }
  LineFile(LineFile&& other) noexcept
      : file_(std::exchange(other.file_, nullptr)), line_(std::exchange(other.line_, nullptr)) {}
  LineFile& operator=(LineFile&&) = delete;
  ~LineFile() {
    std::free(line_);
    if (file_ != nullptr && file_ != stdin) std::fclose(file_);
  }

  Result<bool> next(std::string& line) {
    const ssize_t size = ::getline(&line_, &room_, file_);
    if (size < 0 && std::ferror(file_) != 0) return Error{std::strerror(errno), errno};
    if (size < 0) return false;
    line.assign(line_, static_cast<std::size_t>(size));
    if (line.ends_with('\n')) line.pop_back();
    return true;
  }

 private:
  explicit LineFile(std::FILE* file) : file_(file) {}

  std::FILE* file_;
  char* line_ = nullptr;
  std::size_t room_ = 0;
};

Result<CopiedState> load_into(const std::string& path, const std::string& to) {
  auto file = LineFile::open(path);
  if (!file) return file.error();
  Result<Held> target = hold_empty(to);
  if (!target) return target.error();
  const auto loaded = load_state(target->database, [&](std::string& line) { return file->next(line); });
  return loaded ? loaded : loaded.error().in(path == "-" ? "stdin" : path);
}

std::string counts_text(const std::string& from, const std::string& to, const CopiedState& copied) {
  return fmt::format("{} -> {}: {} rows in {} tables", from, to, grouped(static_cast<std::uint64_t>(copied.rows)),
                     copied.tables);
}

int written_json(const std::string& from, const std::string& to, const CopiedState& copied) {
  const Json json = {{"from", from}, {"to", to}, {"tables", copied.tables}, {"rows", copied.rows}};
  return write_stdout(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n") ? kExitDone : kExitFailed;
}

}  // namespace

int state_copy_command(const UpkeepOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  for (const std::string& place : {options.from, options.to}) {
    if (const auto checked = check_state_place(place); !checked) {
      log.log(LogLevel::kError, "", checked.error().in("state copy").text);
      return kExitUsage;
    }
  }
  const Result<CopiedState> copied = copy_from_to(options.from, options.to);
  if (!copied) return failed(copied.error(), log);
  const std::string from = without_url_passwords(options.from), to = without_url_passwords(options.to);
  if (options.json) return written_json(from, to, *copied);
  return write_stdout(counts_text(from, to, *copied) + ", read again and the same\n") ? kExitDone : kExitFailed;
}

int state_export_command(const UpkeepOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> place = find_state(options.place, log);
  if (!place) return kExitUsage;
  const Result<CopiedState> dumped = dump_to_stdout(*place);
  if (!dumped) return failed(dumped.error(), log);
  const std::string told[] = {counts_text(without_url_passwords(*place), "stdout", *dumped)};
  log.tell_all(told);
  return kExitDone;
}

int state_import_command(const UpkeepOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> place = find_state(options.place, log);
  if (!place) return kExitUsage;
  const Result<CopiedState> loaded = load_into(options.from, *place);
  if (!loaded) return failed(loaded.error(), log);
  const std::string from = options.from == "-" ? "stdin" : options.from, to = without_url_passwords(*place);
  if (options.json) return written_json(from, to, *loaded);
  return write_stdout(counts_text(from, to, *loaded) + "\n") ? kExitDone : kExitFailed;
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
