#include "cli/child_process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cli/terminal.h"

namespace mlmon {
namespace {

Error last_error(const std::string& what) {
  return Error{std::generic_category().message(errno)}.in(what);
}

/// A file in memory: the child need not read it, and writing it waits for nobody.
Result<int> memory_file(const std::string& text) {
  const int fd = ::memfd_create("stdin", MFD_CLOEXEC);
  if (fd < 0) return last_error("memfd_create");
  if (write_all(fd, text) && ::lseek(fd, 0, SEEK_SET) == 0) return fd;
  const Error failed = last_error("memfd");
  ::close(fd);
  return failed;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : more) replaced |= text.starts_with(name + "=");
    if (!replaced) all.push_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// In the child, where only calls are allowed that are safe in a signal handler. Tells errno if the
/// program cannot be started.
[[noreturn]] void become(char* const* words, char* const* environment, int input, int failure,
                         const sigset_t& signals, pid_t parent, const GroupGuard& guard) {
  ::setpgid(0, 0);
  guard.watch_this_process();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  if (::dup2(input, STDIN_FILENO) >= 0) {
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    ::signal(SIGXFSZ, SIG_DFL);  // main() ignores it
    ::execvpe(words[0], words, environment);
  }
  const int why = errno;
  [[maybe_unused]] const ssize_t told = ::write(failure, &why, sizeof why);
  ::_exit(127);
}

/// errno of the child; 0: the program has started.
int failure_of(int fd) {
  int why = 0;
  while (::read(fd, &why, sizeof why) < 0 && errno == EINTR) {
  }
  return why;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildCommand& command) {
  const std::vector<std::string> entries = environment_with(command.environment);
  const std::vector<char*> environment = pointers(entries);
  const std::vector<char*> words = pointers(command.words);
  const Result<int> input = memory_file(command.input);
  if (!input) return input.error();
  int failure[2];
  if (::pipe2(failure, O_CLOEXEC) != 0) {
    const Error failed = last_error("pipe");
    ::close(*input);
    return failed;
  }
  Result<GroupGuard> guard = GroupGuard::start(command.grace_ns);
  const pid_t self = ::getpid();
  const pid_t pid = guard ? ::fork() : -1;
  if (pid == 0) {
    become(words.data(), environment.data(), *input, failure[1], command.signals, self, *guard);
  }
  const int why_not_forked = errno;
  ::close(*input);
  ::close(failure[1]);
  const int why = pid < 0 ? why_not_forked : failure_of(failure[0]);
  ::close(failure[0]);
  if (!guard) return guard.error().in(command.words[0]);
  if (pid > 0 && why == 0) return ChildProcess(pid, std::move(*guard));
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  return Error{std::generic_category().message(why)}.in(command.words[0]);
}

ChildProcess::~ChildProcess() {
  if (pid_ == 0) return;
  send(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<int> ChildProcess::ended() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  guard_.stop();
  return status;
}

void ChildProcess::send(int signal) {
  if (pid_ != 0) ::kill(-pid_, signal);
}

}  // namespace mlmon
