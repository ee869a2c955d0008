#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mlmon {

/// A figure over event time, however many values it had: the least and the greatest of each slice of time.
/// Slices are as short as `most` of them allow for all of the time that there is, so that memory is bounded
/// and nothing that stands out gets lost. Values may come in any order.
class Series {
 public:
  struct Slice {
    std::int64_t begin_ns, end_ns;
    double least, greatest;
    std::uint64_t count;
  };

  explicit Series(std::size_t most) : most_(most) {}

  void add(std::int64_t time_ns, double value);

  bool empty() const { return cells_.empty(); }
  std::uint64_t count() const { return count_; }
  double least() const { return least_; }
  double greatest() const { return greatest_; }

  /// Those that hold a value, by time.
  std::vector<Slice> slices() const;

 private:
  struct Cell {
    std::int64_t number;  // of its slice
    double least, greatest;
    std::uint64_t count;

    void take(const Cell& other);
  };

  void widen();
  void put(const Cell& cell);
  std::int64_t number_of(std::int64_t time_ns) const { return time_ns >> shift_; }

  std::size_t most_;
  int shift_ = 20;           // a slice has 2^shift_ ns, a millisecond at first
  std::vector<Cell> cells_;  // of the slices that hold a value, by number
  std::uint64_t count_ = 0;
  double least_ = 0, greatest_ = 0;
};

}  // namespace mlmon
