#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

namespace mlmon {

/// What a number may be.
struct NumberRule {
  std::string_view expected;  // for people
  double least, most;
  double slack = 0;  // what lies outside by at most this much is the nearer end
};

inline constexpr double kLargestDouble = std::numeric_limits<double>::max();
inline constexpr NumberRule kFractionRule = {"a number in [0, 1]", 0, 1, 1e-9};  // sums of floats end there
inline constexpr NumberRule kEffectRule = {"a finite number >= 0", 0, kLargestDouble};
inline constexpr NumberRule kFiniteRule = {"a finite number", -kLargestDouble, kLargestDouble};

inline constexpr std::size_t kMaxNameBytes = 256;
inline constexpr std::size_t kMaxVersionBytes = 128;

}  // namespace mlmon
