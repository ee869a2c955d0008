#pragma once

#include <cstdint>
#include <limits>

namespace mlmon::rules {

// Event times and lengths of spans, in nanoseconds. A span is over when now >= ended(start, length).

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();  // before all times
inline constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();

/// start + length, at most the end of time; the length is not negative. What never was is over.
inline std::int64_t ended(std::int64_t start, std::int64_t length) {
  if (start == kNever) return kNever;
  return start > kEndOfTime - length ? kEndOfTime : start + length;
}

}  // namespace mlmon::rules
