#include "cli/first_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace mlmon {
namespace {

constexpr int kKilled = 128;  // the exit code of a shell whose command was killed, less the signal

/// Reaps what has ended; the exit code once `program` has.
int reap(pid_t program) {
  int exit_code = -1;
  int status = 0;
  for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (ended != program) continue;
    exit_code = WIFSIGNALED(status) ? kKilled + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return exit_code;
}

[[noreturn]] void serve(pid_t program, const sigset_t& all) {
  for (;;) {
    siginfo_t news{};
    const int signal = ::sigwaitinfo(&all, &news);
    if (signal == SIGCHLD) {
      if (const int exit_code = reap(program); exit_code >= 0) ::_exit(exit_code);
    } else if (signal > 0 && news.si_code != SI_KERNEL) {
      // What a terminal sends, it sends to the program as well.
      ::kill(program, signal);
    }
  }
}

}  // namespace

void serve_as_first_process() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t program = ::fork();
  if (program > 0) serve(program, all);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace mlmon
