#include "cli/conformance/apart.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <vector>

extern "C" {  // glibc 2.36 forgot it in there
#include <sys/pidfd.h>
}

#include "cli/terminal.h"
#include "core/text/quantity.h"

namespace mlmon {
namespace {

using SteadyTime = std::chrono::steady_clock;

constexpr char kFinished = '=';  // before what the work returned
constexpr std::size_t kLastWords = 300;

/// A file in memory: a child that dies leaves what it has written, and holds up no reader.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("apart", MFD_CLOEXEC)) {}
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }

  std::string text() const {
    std::string all;
    char chunk[4096];
    for (;;) {
      const ssize_t got = ::pread(fd_, chunk, sizeof chunk, static_cast<off_t>(all.size()));
      if (got <= 0) return all;
      all.append(chunk, static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_;
};

/// An exception that leaves the plugin ends here, and the C++ runtime tells its text.
std::string do_work(const std::function<std::string()>& work) noexcept { return work(); }

[[noreturn]] void be_child(const std::function<std::string()>& work, pid_t parent,
                           const std::string& folder, int report, int printed) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, 0);
  ::close(nothing);
  ::dup2(printed, 1);
  ::dup2(printed, 2);
  if (!folder.empty() && ::chdir(folder.c_str()) != 0) ::_exit(1);
  const std::string text = kFinished + do_work(work);
  std::fflush(nullptr);
  ::_exit(write_all(report, text) ? 0 : 1);
}

/// False: the time is over and it has not ended.
bool wait_for_end(pid_t pid, std::int64_t limit_ns) {
  pollfd ended = {::pidfd_open(pid, 0), POLLIN, 0};
  const auto end = SteadyTime::now() + std::chrono::nanoseconds(limit_ns);
  int found = 0;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyTime::now());
    if (left.count() < 0) break;
    found = ::poll(&ended, 1, static_cast<int>(left.count()) + 1);
  } while (found < 0 && errno == EINTR);
  ::close(ended.fd);
  return found > 0;
}

/// The last two lines of what was printed: the C++ runtime names an exception in two.
std::string last_words(const std::string& printed) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : printed + "\n") {
    if (c != '\n') {
      line += c;
    } else if (!line.empty()) {
      lines.push_back(std::exchange(line, {}));
    }
  }
  std::string text;
  for (std::size_t i = lines.size() - std::min<std::size_t>(lines.size(), 2); i < lines.size();
       ++i) {
    text += (text.empty() ? ": " : "; ") + lines[i];
  }
  return printable(text, kLastWords);
}

std::string death_of(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return "was killed by " + (name != nullptr ? std::string("SIG") + name
                                               : "signal " + std::to_string(WTERMSIG(status)));
  }
  return "ended the process with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Apart run_apart(const std::function<std::string()>& work, std::int64_t limit_ns,
                const std::string& folder) {
  const MemoryFile report, printed;
  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) be_child(work, self, folder, report.fd(), printed.fd());
  if (pid < 0) return {false, "", std::string("cannot be run: fork: ") + std::strerror(errno), ""};
  ::setpgid(pid, pid);
  const bool in_time = wait_for_end(pid, limit_ns);
  ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  Apart apart;
  apart.printed = printed.text();
  std::string text = report.text();
  apart.finished = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !text.empty();
  if (apart.finished) {
    apart.text = text.substr(1);
  } else {
    apart.death = (in_time ? death_of(status) : "took more than " + format_duration(limit_ns)) +
                  last_words(apart.printed);
  }
  return apart;
}

}  // namespace mlmon
