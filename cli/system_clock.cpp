#include "cli/system_clock.h"

#include <chrono>

namespace mlmon {
namespace {

template <class Clock>
std::int64_t ns_of_now() {
  return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

}  // namespace

std::int64_t SystemClock::now_ns() const { return ns_of_now<std::chrono::system_clock>(); }
std::int64_t SystemClock::monotonic_ns() const { return ns_of_now<std::chrono::steady_clock>(); }

}  // namespace mlmon
