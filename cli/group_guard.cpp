#include "cli/group_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace mlmon {
namespace {

constexpr std::int64_t kLookEveryNs = 50'000'000;
constexpr int kFirstOfGuard = 64;  // above what a child is given

/// Bytes that were read; 0: the other end is closed.
ssize_t read_some(int fd, void* to, std::size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(fd, to, size);
  } while (got < 0 && errno == EINTR);
  return got;
}

void end_group(pid_t group, std::int64_t grace_ns) {
  ::kill(-group, SIGTERM);
  for (; grace_ns > 0 && ::kill(-group, 0) == 0; grace_ns -= kLookEveryNs) {
    const timespec nap{0, kLookEveryNs};
    ::nanosleep(&nap, nullptr);
  }
  ::kill(-group, SIGKILL);
}

/// After a fork: out of the group that is watched, and nothing but SIGKILL ends it.
void become_guard() {
  ::setpgid(0, 0);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::prctl(PR_SET_NAME, "mlmon-guard");
}

/// The guard itself. Runs after a fork, with calls that are safe in a signal handler.
[[noreturn]] void guard(int pipe, std::int64_t grace_ns) {
  become_guard();
  ::dup2(pipe, 0);
  ::close_range(1, ~0u, 0);
  pid_t group = 0;
  if (read_some(0, &group, sizeof group) != sizeof group) ::_exit(0);
  char ignored = 0;
  while (read_some(0, &ignored, 1) > 0) {
  }
  end_group(group, grace_ns);
  ::_exit(0);
}

}  // namespace

Result<GroupGuard> GroupGuard::start(std::int64_t grace_ns) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{std::generic_category().message(errno)}.in("pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[1]);
    guard(ends[0], grace_ns);
  }
  const int why = errno;
  ::close(ends[0]);
  if (pid > 0) return GroupGuard(pid, ends[1]);
  ::close(ends[1]);
  return Error{std::generic_category().message(why)}.in("fork");
}

void end_group_after(pid_t other) {
  const pid_t leader = ::getpid();
  pollfd ends[2] = {{static_cast<int>(::syscall(SYS_pidfd_open, other, 0)), POLLIN, 0},
                    {static_cast<int>(::syscall(SYS_pidfd_open, leader, 0)), POLLIN, 0}};
  if (ends[1].fd >= 0 && ::fork() == 0) {
    become_guard();
    for (pollfd& end : ends) end.fd = ::fcntl(end.fd, F_DUPFD, kFirstOfGuard);
    ::close_range(0, kFirstOfGuard - 1, 0);
    while (::poll(ends, 2, -1) < 0 && errno == EINTR) {
    }
    ::kill(-leader, SIGKILL);
    ::_exit(0);
  }
  for (const pollfd& end : ends) ::close(end.fd);
}

void GroupGuard::stop() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(pipe_);
  pid_ = 0;
}

void GroupGuard::watch_this_process() const {
  const pid_t self = ::getpid();
  [[maybe_unused]] const ssize_t told = ::write(pipe_, &self, sizeof self);
}

}  // namespace mlmon
