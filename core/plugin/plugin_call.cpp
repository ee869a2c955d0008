#include "core/plugin/plugin_call.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <vector>

#include "core/text/json_text.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

thread_local PluginCall* current_call = nullptr;

/// A stack for signal handlers, so that one runs where a plugin has used up the thread's own. A thread that
/// has one already (a sanitizer's) keeps it.
class SignalStack {
 public:
  SignalStack() {
    stack_t known{};
    if (::sigaltstack(nullptr, &known) != 0 || (known.ss_flags & SS_DISABLE) == 0) return;
    void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    memory_ = memory;
    const stack_t own = {memory_, 0, kSize};
    ::sigaltstack(&own, nullptr);
  }
  ~SignalStack() {
    if (memory_ == nullptr) return;
    const stack_t none = {nullptr, SS_DISABLE, 0};
    ::sigaltstack(&none, nullptr);
    ::munmap(memory_, kSize);
  }
  SignalStack(const SignalStack&) = delete;

 private:
  static constexpr std::size_t kSize = 64 * 1024;
  void* memory_ = nullptr;
};

/// The calls of all threads, oldest first. Never destroyed: a thread that hangs outlives main().
struct Calls {
  std::mutex mutex;
  std::vector<PluginCall*> all;
};

Calls& calls() {
  static auto* calls = new Calls;
  return *calls;
}

std::int64_t monotonic_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

PluginCall::PluginCall(std::string_view who, std::string_view what)
    : outer_(current_call), begun_ns_(monotonic_ns()) {
  thread_local const SignalStack stack;
  auto add = [at = std::size_t{0}, this](std::string_view part) mutable {
    const std::size_t n = std::min(part.size(), text_.size() - 1 - at);
    std::copy_n(part.data(), n, text_.data() + at);
    at += n;
    text_[at] = '\0';
  };
  add(who), add(": "), add(what);
  {
    const std::lock_guard lock(calls().mutex);
    calls().all.push_back(this);
  }
  current_call = this;
}

PluginCall::~PluginCall() {
  current_call = outer_;
  const std::lock_guard lock(calls().mutex);
  std::erase(calls().all, this);
}

const PluginCall* PluginCall::current() { return current_call; }

std::string PluginCall::oldest(std::int64_t& seconds) {
  const std::lock_guard lock(calls().mutex);
  if (calls().all.empty()) return "";
  const PluginCall& oldest = *calls().all.front();
  seconds = (monotonic_ns() - oldest.begun_ns_) / kNsPerSecond;
  return oldest.place();
}

std::string place_of_lines(const std::string& source, std::uint64_t first, std::uint64_t last) {
  std::string place;
  append_printable(place, source);
  place += fmt::format(":{}", first);
  if (last > first) place += fmt::format("-{}", last);
  return place;
}

}  // namespace mlmon
