#include "core/store/state_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/store/postgres_state.h"
#include "core/text/json_text.h"
#include "core/text/postgres_url.h"
#include "core/text/quantity.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

Error error_at(const std::string& path, int number) {
  return Error{std::generic_category().message(number)}.in(path);
}

std::string variable(const ConfigEnvironment& environment, const char* name) {
  return environment.variable(name).value_or("");
}

/// What could be read of a small file, "" if nothing.
std::string beginning_of(const std::string& path) {
  char text[4096];
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  return std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
}

/// "process 1234 (mlmon run -f events)", with what can be found out about it.
std::string holder(const std::string& lock) {
  const std::string text = beginning_of(lock);
  std::int64_t pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  if (pid <= 0) return "another process";
  std::string words = beginning_of(fmt::format("/proc/{}/cmdline", pid));
  std::replace(words.begin(), words.end(), '\0', ' ');
  words.erase(words.find_last_not_of(' ') + 1);
  if (words.empty()) return fmt::format("process {}", pid);
  constexpr std::size_t kLongest = 200;
  std::string command;
  append_printable(command, utf8_prefix(words, kLongest));
  return fmt::format("process {} ({}{})", pid, command, words.size() > kLongest ? "…" : "");
}

/// A descriptor with the lock; -1: somebody else has it.
Result<int> try_lock(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return error_at(path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  const int why = errno;
  ::close(fd);
  if (why == EWOULDBLOCK) return -1;
  return error_at(path, why);
}

Result<void> write_holder(int fd, const std::string& path) {
  const std::string text = fmt::format("{}\n", ::getpid());
  while (::ftruncate(fd, 0) != 0) {
    if (errno != EINTR) return error_at(path, errno);
  }
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written =
        ::pwrite(fd, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (written < 0 && errno != EINTR) return error_at(path, errno);
    at += static_cast<std::size_t>(std::max<ssize_t>(written, 0));
  }
  return {};
}

/// What state_place() tells of, unchecked.
Result<StatePlace> named_place(const std::optional<std::string>& given, const std::string& configured,
                               const ConfigEnvironment& environment) {
  if (given && given->empty()) return Error{"--state: expected a folder, got \"\""};
  if (given) return StatePlace{*given, "--state"};
  if (auto named = variable(environment, "MLMON_STATE"); !named.empty()) {
    return StatePlace{named, "$MLMON_STATE"};
  }
  if (!configured.empty()) return StatePlace{configured, ""};
  const std::string of_service = variable(environment, "STATE_DIRECTORY");
  if (std::string first = of_service.substr(0, of_service.find(':')); !first.empty()) {
    return StatePlace{first, "$STATE_DIRECTORY"};
  }
  if (const auto home = variable(environment, "XDG_STATE_HOME"); home.starts_with('/')) {
    return StatePlace{home + "/mlmon", "$XDG_STATE_HOME"};
  }
  if (const auto home = variable(environment, "HOME"); !home.empty()) {
    return StatePlace{home + "/.local/state/mlmon", "default"};
  }
  return Error{
      "there is no place for state, as HOME is not set: name a folder with --state DIR, "
      "MLMON_STATE or [state] dir"};
}

}  // namespace

Result<void> check_state_place(const std::string& place) {
  if (is_postgres_url(place)) return check_postgres_url(place);
  if (!looks_like_url(place)) return {};
  // Whatever it is, it may hold a password.
  return Error{fmt::format("expected a folder or postgresql://[USER@]HOST[:PORT]/DATABASE, got {}:…",
                           place.substr(0, place.find(':')))};
}

Result<StatePlace> state_place(const std::optional<std::string>& given,
                               const std::string& configured,
                               const ConfigEnvironment& environment) {
  Result<StatePlace> named = named_place(given, configured, environment);
  if (!named) return named;
  if (const auto checked = check_state_place(named->folder); !checked) {
    return checked.error().in(named->from.empty() ? "[state] url" : named->from);
  }
  return named;
}

Result<std::string> state_folder(const std::optional<std::string>& given,
                                 const std::string& configured,
                                 const ConfigEnvironment& environment) {
  const Result<StatePlace> place = state_place(given, configured, environment);
  if (!place) return place.error();
  return place->folder;
}

Result<void> make_state_folder(const std::string& path) {
  if (is_postgres_url(path)) return {};
  namespace fs = std::filesystem;
  fs::path made;
  for (const fs::path& part : fs::path(path)) {
    made /= part;
    if (part.empty() || ::mkdir(made.c_str(), 0700) == 0) continue;
    const int why = errno;
    // Of a folder that is there, a read-only file system and a closed parent say something else.
    struct stat status {};
    if (::stat(made.c_str(), &status) != 0) return error_at(made.string(), why);
    if (!S_ISDIR(status.st_mode)) return Error{made.string() + ": is not a folder"};
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) == 0) return {};
  return Error{fmt::format("{}: state cannot be kept there: {}", path,
                           std::generic_category().message(errno))};
}

bool holds_state(const std::string& folder) {
  if (is_postgres_url(folder)) return holds_postgres_state(folder);
  struct stat status {};
  const std::string path = (std::filesystem::path(folder) / "state.db").string();
  return ::stat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

Result<RunLock> RunLock::take(const std::string& folder, std::int64_t timeout_ns,
                              const Clock& clock) {
  if (is_postgres_url(folder)) return take_session(folder, timeout_ns);
  constexpr timespec kStep{0, 50'000'000};
  const std::string path = (std::filesystem::path(folder) / "lock").string();
  const std::int64_t begin_ns = clock.monotonic_ns();
  for (;;) {
    const Result<int> fd = try_lock(path);
    if (!fd) return fd.error();
    if (*fd >= 0) {
      RunLock lock(*fd);
      if (const auto written = write_holder(*fd, path); !written) return written.error();
      return lock;
    }
    if (clock.monotonic_ns() - begin_ns >= timeout_ns) break;
    ::nanosleep(&kStep, nullptr);
  }
  return Error{fmt::format("{}: is in use by {}{}", folder, holder(path),
                           timeout_ns > 0 ? ", waited " + format_duration(timeout_ns) : "")};
}

Result<RunLock> RunLock::take_session(const std::string& url, std::int64_t timeout_ns) {
  PostgresOptions options;
  options.is_run = true;
  options.lock_timeout_ns = timeout_ns;
  Result<Database> session = open_postgres_state(url, false, std::move(options));
  if (!session) return session.error();
  RunLock lock(-1);
  lock.session_ = std::make_shared<Database>(std::move(*session));
  return lock;
}

RunLock::~RunLock() {
  if (fd_ >= 0) ::close(fd_);
}

RunLock::RunLock(RunLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), session_(std::move(other.session_)) {}

}  // namespace mlmon
