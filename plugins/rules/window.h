#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mlmon::rules {

/// "3/5": how many of a rule's last events must breach for it to hold. The events themselves are
/// the bits of a number, the newest the lowest; a set bit is a breach. Events that there were not
/// yet are zeros, so nobody needs to count them.
class Window {
 public:
  static constexpr unsigned kMost = 64;

  /// Nothing: not a window of N/M with 1 <= N <= M <= 64.
  static std::optional<Window> parse(std::string_view text);

  std::uint64_t after(std::uint64_t events, bool breach) const {
    return ((events << 1) | (breach ? 1u : 0u)) & mask();
  }
  bool met_by(std::uint64_t events) const {
    return std::bitset<kMost>(events & mask()).count() >= needed_;
  }
  /// All of them breach: one more changes nothing.
  bool full(std::uint64_t events) const { return events == mask(); }

  unsigned needed() const { return needed_; }
  unsigned of() const { return of_; }

 private:
  std::uint64_t mask() const { return ~std::uint64_t{0} >> (kMost - of_); }

  unsigned needed_ = 1, of_ = 1;
};

}  // namespace mlmon::rules
