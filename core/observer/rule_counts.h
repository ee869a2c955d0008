#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/observer/observer_counters.h"

namespace mlmon {

/// Numbers by name, in the order in which the names came. A few names; copied to be put back.
class Tally {
 public:
  void add(std::string_view name, std::uint64_t more = 1);
  std::uint64_t of(std::string_view name) const;
  const std::vector<std::pair<std::string, std::uint64_t>>& all() const { return counts_; }

 private:
  std::vector<std::pair<std::string, std::uint64_t>> counts_;
};

/// What a rule of an observer saw and did.
struct RuleCount {
  std::string rule;
  std::uint64_t figures = 0;   // events that carry its figure
  std::uint64_t breaches = 0;  // of these
  std::uint64_t actions = 0;
};

/// Adds what another instance of the observer counted, by rule.
void add_to(std::vector<RuleCount>& counts, const std::vector<RuleCount>& others);

/// Takes the counters that tell of rules out of `counters`: those named rule_N_figures and
/// rule_N_breaches, whose `help` is the rule's name (sdk/README.md). In the order of N.
std::vector<RuleCount> take_rule_counts(std::vector<CounterTotal>& counters, const Tally& actions);

}  // namespace mlmon
