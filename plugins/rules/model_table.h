#pragma once

#include <mlmon/batch.h>

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

namespace mlmon::rules {

/// Lets a list by handles grow to at least so many: with a million models, room that nobody uses counts for more than
/// one more copy.
template <class T>
void grow_to(std::vector<T>& list, std::size_t needed, const T& value = T()) {
  if (list.capacity() < needed) list.reserve(needed + needed / 8);
  if (list.size() < needed) list.resize(needed, value);
}

/// What an observer remembers of each model: `width` cells (one a rule, say), T() until written. A
/// list indexed by the dense handles; it grows when a cell is written, not when one is read.
template <class T>
class ModelTable {
 public:
  explicit ModelTable(std::size_t width = 1) : width_(width) {}

  T get(mlmon_model model, std::size_t cell = 0) const {
    const std::size_t at = model * width_ + cell;
    return at < cells_.size() ? cells_[at] : T();
  }

  /// Valid until the next call.
  T& at(mlmon_model model, std::size_t cell = 0) {
    const std::size_t needed = (model + std::size_t{1}) * width_;
    if (cells_.size() < needed) cells_.resize(needed);
    return cells_[model * width_ + cell];
  }

  void set(mlmon_model model, std::size_t cell, T value) { at(model, cell) = std::move(value); }

 private:
  std::size_t width_;
  std::deque<T> cells_;  // grows without a copy, which would need as much room once more
};

}  // namespace mlmon::rules
