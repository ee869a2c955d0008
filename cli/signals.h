#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace mlmon {

/// Turns SIGINT and SIGTERM into a stop that drains: the first one calls a function, the second
/// ends the process at once with exit code 130. So does the drain limit, counted from the first,
/// with 130 for SIGINT and 1 for SIGTERM, after one line on stderr. Before on_signal() was called,
/// signals end the process as they would by default.
///
/// SIGHUP calls a function of its own, and never ends the process: one that comes before the function is there is
/// kept for it. Only where the terminal that the process belongs to is gone, and it was not started to survive that
/// (nohup), SIGHUP is as SIGTERM.
///
/// Make it before the threads that are to leave the signals to it (they inherit its mask), and
/// destroy it on the same thread; from then on signals have their default effect again.
class SignalWatch {
 public:
  /// `last_words`: gives the line, with its newline, on the watch's own thread. Written only if stderr
  /// takes it without a wait.
  SignalWatch(std::int64_t drain_limit_ns, std::function<std::string()> last_words, bool outlives_terminal = false);
  SignalWatch(std::int64_t drain_limit_ns, std::string last_words);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// What the first signal calls, with its number, on the watch's own thread. An empty function: a
  /// signal is only remembered; then the one before is no longer running when this returns.
  void on_signal(std::function<void(int)> stop);

  /// What SIGHUP calls, on the watch's own thread; as on_signal().
  void on_hangup(std::function<void()> reload);

  /// The first signal that came, 0: none.
  int received() const;

 private:
  void watch();
  void take(int signal);
  void take_hangup();

  const bool ends_with_terminal_;
  const std::int64_t drain_limit_ns_;
  const std::function<std::string()> last_words_;
  sigset_t mask_before_;

  mutable std::mutex mutex_;
  bool armed_ = false;
  std::function<void(int)> stop_;
  int received_ = 0;
  std::function<void()> reload_;
  bool hangup_waits_ = false;  // nobody has heard of it
  std::int64_t deadline_ns_;  // monotonic; of the watch's thread

  std::thread thread_;
};

/// From here on, on this thread and those that it starts, SIGHUP waits for a SignalWatch. True: it was ignored, by
/// nohup(1) as a rule, so that the process is to outlive its terminal.
bool hold_hangups();

}  // namespace mlmon
