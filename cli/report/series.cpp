#include "cli/report/series.h"

#include <algorithm>
#include <utility>

namespace mlmon {

void Series::Cell::take(const Cell& other) {
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
  count += other.count;
}

void Series::add(std::int64_t time_ns, double value) {
  const auto reach = [&] {
    const std::int64_t number = number_of(time_ns);
    return std::max(cells_.back().number, number) - std::min(cells_.front().number, number) + 1;
  };
  while (!cells_.empty() && reach() > static_cast<std::int64_t>(most_)) widen();
  put({number_of(time_ns), value, value, 1});
  least_ = count_ == 0 ? value : std::min(least_, value);
  greatest_ = count_ == 0 ? value : std::max(greatest_, value);
  ++count_;
}

void Series::put(const Cell& cell) {
  if (cells_.empty() || cells_.back().number < cell.number) {
    cells_.push_back(cell);
    return;
  }
  const auto at = std::lower_bound(
      cells_.begin(), cells_.end(), cell.number,
      [](const Cell& one, std::int64_t number) { return one.number < number; });
  if (at->number == cell.number) {
    at->take(cell);
  } else {
    cells_.insert(at, cell);
  }
}

/// Slices twice as long: neighbours become one.
void Series::widen() {
  std::vector<Cell> before;
  before.swap(cells_);
  ++shift_;
  for (Cell& cell : before) {
    cell.number >>= 1;
    put(cell);
  }
}

std::vector<Series::Slice> Series::slices() const {
  std::vector<Slice> filled;
  const std::int64_t length = (std::int64_t{1} << shift_) - 1;
  for (const Cell& cell : cells_) {
    const std::int64_t begin = cell.number * (std::int64_t{1} << shift_);
    const std::int64_t end = begin > INT64_MAX - length ? INT64_MAX : begin + length;
    filled.push_back({begin, end, cell.least, cell.greatest, cell.count});
  }
  return filled;
}

}  // namespace mlmon
