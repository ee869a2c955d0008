#pragma once

#include <mlmon/batch.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace mlmon::rules {

/// What an observer remembers of each model: `width` cells (one a rule, say), T() until written. An
/// array indexed by the dense handles; it grows when a cell is written, not when one is read.
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
    if (cells_.size() < (model + std::size_t{1}) * width_) {
      cells_.resize((model + std::size_t{1}) * width_);
    }
    return cells_[model * width_ + cell];
  }

  void set(mlmon_model model, std::size_t cell, T value) { at(model, cell) = std::move(value); }

 private:
  std::size_t width_;
  std::vector<T> cells_;
};

}  // namespace mlmon::rules
