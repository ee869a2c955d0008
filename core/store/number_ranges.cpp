#include "core/store/number_ranges.h"

#include <algorithm>
#include <iterator>

namespace mlmon {

void NumberRanges::add(std::int64_t number) {
  if (ranges_.empty() || ranges_.back().second + 1 != number) ranges_.emplace_back(number, number);
  ranges_.back().second = number;
}

bool NumberRanges::has(std::int64_t number) const {
  const auto behind = std::upper_bound(ranges_.begin(), ranges_.end(), number,
                                       [](std::int64_t one, const auto& range) { return one < range.first; });
  return behind != ranges_.begin() && std::prev(behind)->second >= number;
}

}  // namespace mlmon
