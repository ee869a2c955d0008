#include "cli/conformance/process_state.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "cli/terminal.h"

namespace mlmon {
namespace {

namespace fs = std::filesystem;

using Facts = std::map<std::string, std::string>;

std::string bits_of(const sigset_t& set) {
  std::string bits;
  for (int signal = 1; signal < NSIG; ++signal) {
    if (sigismember(&set, signal) == 1)
      bits += fmt::format("{}{}", bits.empty() ? "" : " ", signal);
  }
  return bits.empty() ? "none" : bits;
}

std::string handler_of(const struct sigaction& action) {
  if (action.sa_handler == SIG_DFL) return "default";
  if (action.sa_handler == SIG_IGN) return "ignored";
  return fmt::format("a handler at {:#x}, flags {:#x}, mask {}",
                     reinterpret_cast<std::uintptr_t>(action.sa_handler), action.sa_flags,
                     bits_of(action.sa_mask));
}

Facts signals_now() {
  Facts facts;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action = {};
    if (::sigaction(signal, nullptr, &action) != 0) continue;
    const char* name = ::sigabbrev_np(signal);
    facts[name != nullptr ? std::string("SIG") + name : fmt::format("signal {}", signal)] =
        handler_of(action);
  }
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  facts["the mask of blocked signals"] = bits_of(blocked);
  return facts;
}

std::string floating_point_now() {
#if defined(__x86_64__)
  constexpr unsigned kExceptionFlags = 0x3f;  // what happened so far, no setting
  return fmt::format("rounding {}, MXCSR {:#x}", std::fegetround(),
                     _mm_getcsr() & ~kExceptionFlags);
#else
  return fmt::format("rounding {}", std::fegetround());
#endif
}

Facts descriptors_now() {
  Facts facts;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code failed;
    const fs::path target = fs::read_symlink(entry.path(), failed);
    // That of the iterator itself is gone by now, or another one's.
    if (!failed && target.string().find("/fd") == std::string::npos) {
      facts["descriptor " + entry.path().filename().string()] = target.string();
    }
  }
  return facts;
}

Facts environment_now() {
  Facts facts;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    facts[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
  }
  return facts;
}

Facts folder_now() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  std::error_code failed;
  return {{"working folder", fs::current_path(failed).string()},
          {"umask", fmt::format("{:03o}", mask)}};
}

std::size_t entries_of(const char* folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string was_is(const std::string& name, const std::string& before, const std::string& after) {
  return name + " was " + printable(before, 60) + ", is " + printable(after, 60);
}

}  // namespace

ProcessState ProcessState::now() {
  std::fflush(nullptr);
  ProcessState state;
  state.signals = signals_now();
  state.locale = std::setlocale(LC_ALL, nullptr);
  state.floating_point = floating_point_now();
  state.descriptors = descriptors_now();
  state.environment = environment_now();
  state.folder = folder_now();
  struct stat info = {};
  if (::fstat(1, &info) == 0) state.printed = static_cast<std::size_t>(info.st_size);
  return state;
}

std::size_t count_threads() { return entries_of("/proc/self/task"); }

std::size_t count_descriptors() { return entries_of("/proc/self/fd"); }

std::string difference(const Facts& before, const Facts& after) {
  for (const auto& [name, value] : before) {
    const auto found = after.find(name);
    if (found == after.end()) return name + " is gone";
    if (found->second != value) return was_is(name, value, found->second);
  }
  for (const auto& [name, value] : after) {
    if (!before.contains(name)) return name + " is new: " + printable(value, 60);
  }
  return "";
}

std::string difference(const ProcessState& before, const ProcessState& after) {
  for (const auto part : {&ProcessState::signals, &ProcessState::descriptors,
                          &ProcessState::environment, &ProcessState::folder}) {
    if (std::string found = difference(before.*part, after.*part); !found.empty()) return found;
  }
  if (before.locale != after.locale) return was_is("the locale", before.locale, after.locale);
  if (before.floating_point != after.floating_point) {
    return was_is("floating point", before.floating_point, after.floating_point);
  }
  if (before.printed != after.printed) {
    return fmt::format("{} bytes were printed", after.printed - before.printed);
  }
  return "";
}

}  // namespace mlmon
