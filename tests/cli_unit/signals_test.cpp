#include "cli/signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>

using namespace mlmon;

namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

/// How a process that does this ends: its exit code, or 1000 + the signal that ended it.
int ending_of(const std::function<void()>& act, int stderr_fd = -1) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);  // not Catch's
    if (stderr_fd >= 0) dup2(stderr_fd, STDERR_FILENO);
    act();
    _exit(99);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void send(int signal) { kill(getpid(), signal); }

/// Waits for a call from another thread.
class Call {
 public:
  void arrive(int signal) {
    const std::lock_guard<std::mutex> lock(mutex_);
    signal_ = signal;
    changed_.notify_all();
  }
  int wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return signal_ != 0; });
    return signal_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int signal_ = 0;
};

[[noreturn]] void wait_for_the_end() {
  while (true) pause();
}

}  // namespace

TEST_CASE("the first signal calls the function with its number, and is remembered") {
  for (const int signal : {SIGINT, SIGTERM}) {
    CHECK(ending_of([&] {
            SignalWatch watch(kMinute, "");
            Call call;
            watch.on_signal([&](int which) { call.arrive(which); });
            if (watch.received() != 0) _exit(1);
            send(signal);
            _exit(call.wait() == signal && watch.received() == signal ? 0 : 2);
          }) == 0);
  }
}

TEST_CASE("a second signal ends the process at once") {
  for (const int first : {SIGINT, SIGTERM}) {
    for (const int second : {SIGINT, SIGTERM}) {
      CHECK(ending_of([&] {
              SignalWatch watch(kMinute, "");
              Call call;
              watch.on_signal([&](int which) { call.arrive(which); });
              send(first);
              call.wait();
              send(second);
              wait_for_the_end();
            }) == 130);
    }
  }
}

TEST_CASE("a drain that takes too long is ended after a line") {
  for (const int signal : {SIGINT, SIGTERM}) {
    for (const std::int64_t limit : {std::int64_t{0}, std::int64_t{20'000'000}}) {
      int ends[2];
      REQUIRE(pipe(ends) == 0);
      CHECK(ending_of(
                [&] {
                  SignalWatch watch(limit, "error: too late\n");
                  watch.on_signal([](int) {});
                  send(signal);
                  wait_for_the_end();
                },
                ends[1]) == (signal == SIGINT ? 130 : 1));
      close(ends[1]);
      char text[100];
      const ssize_t length = read(ends[0], text, sizeof text);
      CHECK(std::string(text, static_cast<std::size_t>(length)) == "error: too late\n");
      close(ends[0]);
    }
  }
}

TEST_CASE("a stderr that nobody reads does not keep the process alive") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  CHECK(ending_of(
            [&] {
              alarm(60);
              std::string rest(65536, 'x');
              if (write(STDERR_FILENO, rest.data(), rest.size()) != 65536) _exit(3);
              SignalWatch watch(1'000'000, "error: too late\n");
              watch.on_signal([](int) {});
              send(SIGTERM);
              wait_for_the_end();
            },
            ends[1]) == 1);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("without a signal the drain limit means nothing") {
  CHECK(ending_of([] {
          SignalWatch watch(1, "");
          watch.on_signal([](int) {});
          usleep(50'000);
          _exit(7);
        }) == 7);
}

TEST_CASE("before there is a function a signal has its default effect") {
  for (const int signal : {SIGINT, SIGTERM}) {
    CHECK(ending_of([&] {
            SignalWatch watch(kMinute, "");
            send(signal);
            wait_for_the_end();
          }) == 1000 + signal);
    CHECK(ending_of([&] {
            std::signal(signal, SIG_IGN);
            SignalWatch watch(kMinute, "");
            send(signal);
            wait_for_the_end();
          }) == 1000 + signal);
  }
}

TEST_CASE("a signal that came without a function is made up for") {
  CHECK(ending_of([] {
          SignalWatch watch(kMinute, "");
          watch.on_signal({});
          send(SIGTERM);
          while (watch.received() == 0) usleep(1000);
          int called = 0;
          watch.on_signal([&](int signal) { called = signal; });
          _exit(called == SIGTERM ? 0 : 1);
        }) == 0);
}

TEST_CASE("after the watch signals have their default effect again") {
  CHECK(ending_of([] {
          { SignalWatch watch(kMinute, ""); }
          send(SIGTERM);
          wait_for_the_end();
        }) == 1000 + SIGTERM);
  CHECK(ending_of([] {
          {
            SignalWatch watch(kMinute, "");
            Call call;
            watch.on_signal([&](int signal) { call.arrive(signal); });
            send(SIGTERM);
            call.wait();
            watch.on_signal({});
          }
          _exit(5);
        }) == 5);
}

TEST_CASE("watches can be made and destroyed again and again") {
  for (int i = 0; i < 500; ++i) {
    SignalWatch watch(kMinute, "");
    if (i % 2 == 0) watch.on_signal([](int) {});
  }
}

TEST_CASE("signals during the end of a watch are never lost nor taken for its own") {
  for (int i = 0; i < 50; ++i) {
    const int ending = ending_of([&] {
      {
        SignalWatch watch(kMinute, "");
        watch.on_signal([](int) { _exit(42); });
        send(SIGINT);
      }
      wait_for_the_end();
    });
    CHECK((ending == 42 || ending == 1000 + SIGINT));
  }
}
