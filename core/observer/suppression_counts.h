#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlmon {

/// How often an observer held a decision back, by reason. What it says in one call counts once the call has
/// succeeded. Belongs to the observer's thread.
class SuppressionCounts {
 public:
  using ByReason = std::vector<std::pair<std::string, std::uint64_t>>;

  /// So many reasons are told apart; those of further ones count as "other".
  static constexpr std::size_t kMostReasons = 32;

  void add(std::string_view why);

  /// The call has succeeded, or failed.
  void keep();
  void drop() { said_.clear(); }

  std::uint64_t total() const;

  /// In the order in which the reasons came up first.
  const ByReason& by_reason() const { return kept_; }

 private:
  ByReason said_, kept_;
};

}  // namespace mlmon
