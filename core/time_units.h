#pragma once

#include <cstdint>

namespace mlmon {

inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kSecondsPerDay = 86'400;
inline constexpr std::int64_t kMsPerDay = 86'400'000;

}  // namespace mlmon
