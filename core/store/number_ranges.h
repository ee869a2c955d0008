#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace mlmon {

/// A set of numbers that mostly come one after the other, in the order of adding them.
class NumberRanges {
 public:
  /// REQUIRES: above all that it has.
  void add(std::int64_t number);
  bool has(std::int64_t number) const;

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges_;  // first and last, ascending
};

}  // namespace mlmon
