#include "cli/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <utility>

#include "cli/exit_code.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using std::chrono::steady_clock;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t monotonic_ns() {
  return std::chrono::nanoseconds(steady_clock::now().time_since_epoch()).count();
}

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

/// The process belongs to a terminal, which is there.
bool has_terminal() {
  const int fd = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

/// Ends the process by the signal, as if nobody had ever caught, blocked or ignored it.
[[noreturn]] void die_by(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal);
  _exit(128 + signal);
}

/// Without a wait: at this point a reader of stderr that hangs must not keep the process alive.
void write_if_possible(const std::string& line) {
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  if (poll(&room, 1, 0) != 1) return;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

/// Waits for the next of the signals; false: the time is over, or nearly.
bool wait_for(const sigset_t& set, std::int64_t deadline_ns, siginfo_t& info) {
  if (deadline_ns == kNever) return sigwaitinfo(&set, &info) > 0;
  const std::int64_t left_ns = std::max<std::int64_t>(0, deadline_ns - monotonic_ns());
  const timespec left{left_ns / kNsPerSecond, left_ns % kNsPerSecond};
  return sigtimedwait(&set, &info, &left) > 0;
}

}  // namespace

SignalWatch::SignalWatch(std::int64_t drain_limit_ns, std::string last_words)
    : SignalWatch(drain_limit_ns, [line = std::move(last_words)] { return line; }) {}

bool hold_hangups() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return std::signal(SIGHUP, SIG_DFL) == SIG_IGN;
}

SignalWatch::SignalWatch(std::int64_t drain_limit_ns, std::function<std::string()> last_words,
                         bool outlives_terminal)
    : ends_with_terminal_(!outlives_terminal && has_terminal()),
      drain_limit_ns_(drain_limit_ns),
      last_words_(std::move(last_words)),
      deadline_ns_(kNever) {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, &mask_before_);
  thread_ = std::thread(&SignalWatch::watch, this);
}

SignalWatch::~SignalWatch() {
  // For its thread only, and told from a real one by the value.
  pthread_sigqueue(thread_.native_handle(), SIGTERM, sigval{.sival_ptr = this});
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void SignalWatch::on_signal(std::function<void(int)> stop) {
  const std::lock_guard<std::mutex> lock(mutex_);
  armed_ = true;
  stop_ = std::move(stop);
  if (received_ != 0 && stop_) stop_(received_);
}

int SignalWatch::received() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return received_;
}

void SignalWatch::watch() {
  const sigset_t set = watched();
  while (true) {
    siginfo_t info{};
    if (wait_for(set, deadline_ns_, info)) {
      if (info.si_code == SI_QUEUE && info.si_ptr == this) return;
      if (info.si_signo != SIGHUP) {
        take(info.si_signo);
      } else if (ends_with_terminal_ && !has_terminal()) {
        take(SIGTERM);
      } else {
        take_hangup();
      }
    } else if (monotonic_ns() >= deadline_ns_) {
      write_if_possible(last_words_());
      _exit(received() == SIGINT ? kExitInterrupted : kExitFailed);
    }
  }
}

void SignalWatch::take(int signal) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!armed_) die_by(signal);
  if (received_ != 0) _exit(kExitInterrupted);
  received_ = signal;
  const std::int64_t now = monotonic_ns();
  deadline_ns_ = drain_limit_ns_ < kNever - now ? now + drain_limit_ns_ : kNever;
  if (stop_) stop_(signal);
}

void SignalWatch::on_hangup(std::function<void()> reload) {
  const std::lock_guard<std::mutex> lock(mutex_);
  reload_ = std::move(reload);
  if (hangup_waits_ && reload_) reload_();
  if (reload_) hangup_waits_ = false;
}

void SignalWatch::take_hangup() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (reload_) return reload_();
  hangup_waits_ = true;
}

}  // namespace mlmon
