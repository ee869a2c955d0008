#include "cli/last_words.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "cli/exit_code.h"
#include "core/plugin/plugin_call.h"

namespace mlmon {
namespace {

constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};

std::atomic<bool> watching{false};

/// Only what is safe in a signal handler.
void write_text(const char* text) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
}

[[noreturn]] void end_with(const char* place, const char* what, const char* detail) {
  write_text("fatal: ");
  for (const char* part : {place, ": ", what, detail, "\n"}) write_text(part);
  ::_exit(kExitFailed);
}

const char* meaning_of(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "segmentation fault";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "arithmetic error";
    case SIGILL:
      return "illegal instruction";
    case SIGABRT:
      return "aborted";
    default:
      return "forbidden system call";
  }
}

void on_crash(int signal) {
  if (const PluginCall* call = PluginCall::current()) {
    end_with(call->place(), "crashed: ", meaning_of(signal));
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void on_exit() {
  if (!watching.load()) return;
  const PluginCall* call = PluginCall::current();
  end_with(call != nullptr ? call->place() : "a thread of a plugin", "called exit", "");
}

}  // namespace

LastWords::LastWords() {
  static const bool registered = std::atexit(on_exit) == 0;
  watching.store(registered);
  for (const int signal : kCrashes) {
    struct sigaction before {};
    // A sanitizer, or whoever else is there already, says more.
    if (::sigaction(signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    ::sigaction(signal, &action, nullptr);
  }
}

LastWords::~LastWords() { watching.store(false); }

}  // namespace mlmon
