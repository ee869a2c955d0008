#pragma once

#include <cstdint>

namespace mlmon {

/// A time to come that was stored at `since_ms` was made by a clock that was ahead of the one now: it counts for
/// nothing. What a clock is set back by in passing is no such thing. In SQL: `since_ms - 60000 > now_ms`.
constexpr bool was_clock_ahead(std::int64_t since_ms, std::int64_t now_ms) {
  constexpr std::int64_t kInPassing = 60'000;
  return since_ms > now_ms + kInPassing;
}

}  // namespace mlmon
