#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/action/decision.h"

namespace mlmon {

/// What the policies of a backtest decided. An id that is known counts once, as in a run: some 60 bytes an
/// action and policy, and its line where policies are to be compared.
class BacktestTally {
 public:
  /// An action that some policies decide and others do not.
  struct Difference {
    std::uint64_t seq = 0;
    std::vector<bool> decided_by;  // by policy
    std::string json;
  };

  struct PolicyCount {
    std::uint64_t requests = 0;
    std::uint64_t alerts = 0;    // firing and flapping
    std::uint64_t resolved = 0;
    std::uint64_t others = 0;    // actions of other types
    std::map<std::uint32_t, Decision> first;  // by model: its first action
  };

  /// `compare`: keeps what is needed for differences().
  BacktestTally(std::size_t policies, bool compare);

  void add(std::size_t policy, const Decision& decision);

  const std::vector<PolicyCount>& counts() const { return counts_; }

  /// In the order of the events.
  std::vector<Difference> differences() const;

 private:
  const bool compare_;
  std::vector<PolicyCount> counts_;
  std::vector<std::unordered_set<std::string>> known_;  // ids, by policy
  std::unordered_map<std::string, Difference> by_id_;
};

}  // namespace mlmon
