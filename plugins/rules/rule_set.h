#pragma once

#include <cmath>
#include <mlmon/observer.hpp>
#include <utility>
#include <vector>

#include "plugins/rules/rule.h"

namespace mlmon::rules {

/// The rules of one observer, in the order in which they decide.
class RuleSet {
 public:
  void add(Rule rule) { rules_.push_back(std::move(rule)); }
  std::size_t size() const { return rules_.size(); }
  const Rule& operator[](std::size_t index) const { return rules_[index]; }

  /// Calls visit(const Finding&) for each event in order and each rule in order whose figure the
  /// event carries and breaches although holds(model, rule's index) is false, or does not breach
  /// although it is true. So nothing is done where nothing changes. Job events carry no figures:
  /// visit_job(const Event&) gets them.
  template <class Holds, class Visit, class VisitJob>
  void judge(const Batch& batch, Holds holds, Visit visit, VisitJob visit_job) const;

 private:
  std::vector<Rule> rules_;
};

template <class Holds, class Visit, class VisitJob>
void RuleSet::judge(const Batch& batch, Holds holds, Visit visit, VisitJob visit_job) const {
  const mlmon_batch& columns = batch.columns();
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const std::uint32_t row = batch.row(i);
    if (columns.kind[row] == MLMON_KIND_JOB) {
      visit_job(Event(columns, row));
      continue;
    }
    for (std::size_t r = 0; r < rules_.size(); ++r) {
      const Rule& rule = rules_[r];
      const double figure = (columns.*rule.metric.column)[row];
      const bool breach = rule.breaches(figure);
      if (breach == holds(columns.model[row], r)) continue;
      if (std::isnan(figure)) continue;
      visit(Finding{rule, r, Event(columns, row), figure, breach});
    }
  }
}

}  // namespace mlmon::rules
