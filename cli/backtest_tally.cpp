#include "cli/backtest_tally.h"

#include <algorithm>

namespace mlmon {

BacktestTally::BacktestTally(std::size_t policies, bool compare)
    : compare_(compare), counts_(policies), known_(policies) {}

void BacktestTally::add(std::size_t policy, const Decision& decision) {
  if (decision.suppressed || !known_[policy].insert(decision.id).second) return;
  PolicyCount& count = counts_[policy];
  if (decision.type == "retrain") {
    ++count.requests;
  } else if (decision.type != "alert") {
    ++count.others;
  } else if (decision.state == "resolved") {
    ++count.resolved;
  } else {
    ++count.alerts;
  }
  const auto [first, is_new] = count.first.try_emplace(decision.model, decision);
  if (!is_new && decision.seq < first->second.seq) first->second = decision;
  if (!compare_) return;
  Difference& difference = by_id_[decision.id];
  if (difference.decided_by.empty()) difference = {decision.seq, std::vector<bool>(counts_.size()), decision.json};
  difference.decided_by[policy] = true;
}

std::vector<BacktestTally::Difference> BacktestTally::differences() const {
  std::vector<Difference> found;
  for (const auto& [id, one] : by_id_) {
    if (std::find(one.decided_by.begin(), one.decided_by.end(), false) != one.decided_by.end()) found.push_back(one);
  }
  std::sort(found.begin(), found.end(), [](const Difference& a, const Difference& b) {
    return a.seq != b.seq ? a.seq < b.seq : a.json < b.json;
  });
  return found;
}

}  // namespace mlmon
