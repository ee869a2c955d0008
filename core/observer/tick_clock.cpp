#include "core/observer/tick_clock.h"

#include <algorithm>
#include <charconv>

namespace mlmon {

std::optional<std::int64_t> TickClock::due_before(std::int64_t time_ns) const {
  if (!ticks() || !newest_ns_ || time_ns <= *newest_ns_) return std::nullopt;
  // Rounded down, also before 1970, where it may lie before what 64 bits hold: then there is no such tick.
  std::int64_t rest = time_ns % period_ns_;
  if (rest < 0) rest += period_ns_;
  std::int64_t tick = 0;
  if (__builtin_sub_overflow(time_ns, rest, &tick) || tick <= *newest_ns_) return std::nullopt;
  return tick;
}

void TickClock::see(std::int64_t time_ns) {
  newest_ns_ = newest_ns_ ? std::max(*newest_ns_, time_ns) : time_ns;
}

std::string TickClock::text() const { return newest_ns_ ? std::to_string(*newest_ns_) : ""; }

void TickClock::go_on(std::string_view text) {
  std::int64_t newest = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), newest);
  if (failed == std::errc() && end == text.data() + text.size() && !text.empty()) newest_ns_ = newest;
}

}  // namespace mlmon
