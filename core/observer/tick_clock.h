#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlmon {

/// Event time as one observer sees it, the newest time of its events, and the ticks that are due as it moves
/// on: at the multiples of a period, counted from 1970. Where several are passed at once the last one counts.
class TickClock {
 public:
  void tick_every(std::int64_t period_ns) { period_ns_ = period_ns; }
  bool ticks() const { return period_ns_ > 0; }

  /// The tick that is due before an event of that time is seen; nothing: none.
  std::optional<std::int64_t> due_before(std::int64_t time_ns) const;

  /// The event was seen.
  void see(std::int64_t time_ns);

  // How far it is, as text, to go on there; "" before the first event.
  std::string text() const;
  void go_on(std::string_view text);

 private:
  std::int64_t period_ns_ = 0;
  std::optional<std::int64_t> newest_ns_;
};

}  // namespace mlmon
