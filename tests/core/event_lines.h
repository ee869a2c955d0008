#pragma once

#include <cstdint>
#include <string>

#include "core/event/instant.h"

namespace mlmon {

/// A line of a metrics event, with newline, at second `n` after 2026-02-01T00:00:00Z of one of
/// `models` models.
inline std::string event_line(std::uint64_t n, double f1, std::uint64_t models = 1,
                              const std::string& more = "") {
  const Instant at{1'769'904'000 + static_cast<std::int64_t>(n), 0};
  return "{\"type\":\"metrics\",\"model\":{\"name\":\"m" + std::to_string(n % models) +
         "\",\"version\":\"1.0.0\",\"deployed_at\":\"2026-01-01T00:00:00Z\"},\"f1\":" +
         std::to_string(f1) + ",\"captured_at\":\"" + format_rfc3339(at) + "\"" + more + "}\n";
}

/// `count` such lines, of which every `low_every`-th has an f1 below 0.5.
inline std::string event_lines(std::uint64_t count, std::uint64_t low_every,
                               std::uint64_t models = 1, const std::string& more = "") {
  std::string text;
  for (std::uint64_t n = 0; n < count; ++n) {
    text += event_line(n, n % low_every == low_every - 1 ? 0.25 : 0.75, models, more);
  }
  return text;
}

}  // namespace mlmon
