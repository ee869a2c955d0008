#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// A number of the receipt that a plugin counts.
struct CounterTotal {
  std::string name;
  std::string help;
  std::uint64_t total = 0;
};

/// The counters of one observer. They are added while it is created, on its thread; from then on any
/// thread counts.
class ObserverCounters {
 public:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kLongestName = 64;

  /// Its number. Nothing: there are too many, or the name is not [a-z_][a-z0-9_]*.
  std::optional<std::uint32_t> add(std::string_view name, std::string_view help);

  /// False: there is no such counter.
  bool count(std::uint32_t counter, std::uint64_t more);

  /// What was counted does not count after all.
  void take_back(std::uint32_t counter, std::uint64_t more) { totals_[counter].fetch_sub(more); }

  /// In the order in which they were added.
  std::vector<CounterTotal> totals() const;

 private:
  std::vector<CounterTotal> counters_;  // without totals
  std::array<std::atomic<std::uint64_t>, kMost> totals_{};
  std::atomic<std::size_t> added_{0};
};

}  // namespace mlmon
