#pragma once

#include <cstdint>
#include <deque>
#include <mlmon/observer.hpp>
#include <optional>
#include <vector>

#include "plugins/rules/correction.h"
#include "plugins/rules/finding.h"
#include "plugins/rules/held_back.h"
#include "plugins/rules/rule.h"
#include "plugins/rules/standing.h"

namespace mlmon::rules {

/// What all rules of an observer have in common.
struct Judging {
  double min_magnitude = 0;      // a p_value with a smaller magnitude breaches nothing
  std::int64_t min_samples = 0;  // figures of fewer predictions say nothing
  Correction correction = Correction::none;
  std::int64_t grace_ns = 0;  // figures of this time after deployed_at are in no baseline
  bool needs_now = false;     // the observer asks for now()
  bool wants_breaches = true;  // also of a rule that holds already; false: only what is news
  bool wants_events = false;   // on_event() is called
};

/// An observer that judges events by rules, as section 9 of the contract says. For each event that
/// may change something the class derived from it gets the findings of the rules, in their order.
///
/// What it must remember it keeps for each model under the key "rules", as JSON:
///
///   {"now":TIME,"rules":{"NAME":[holds + 2 * watched,changed_ns,window[,figures,sum,lost]]}}
///
/// A rule costs one load and one comparison where nothing changes: for each model and rule there
/// is a guard, beyond which a figure cannot change anything.
class RuleObserver : public Observer {
 public:
  void on_batch(const Batch& batch) final;
  std::string explain(mlmon_model model) final;

 protected:
  RuleObserver(const Setup& setup, std::vector<Rule> rules, const Judging& judging);

  /// The rules that say something about the event, in their order. With full weight: those that
  /// started or stopped to hold, those that are watched, and if wanted those whose figure breaches or
  /// that hold. Without: those whose figure breaches. All rules have been judged by then.
  virtual void on_findings(const Event& event, const std::vector<Finding>& findings) = 0;

  /// Any event of metrics or drift, before its rules are judged. Only with Judging::wants_events.
  virtual void on_event(const Event&) {}

  /// Any other event than metrics and drift.
  virtual void on_other(const Event& event) = 0;

  /// For explain(), of a rule that applies: what would have to happen for an action, and further members of the
  /// rule for programs. And what there is to say of the model as a whole, in sentences.
  virtual std::string outlook(mlmon_model model, std::size_t rule, Fields& members) = 0;
  virtual std::vector<std::string> notes(mlmon_model) { return {}; }

  /// Tells that a rule would have done `of` at the event, and why it did not.
  void hold_back(const Finding& finding, const char* of, const char* why,
                 std::optional<std::int64_t> until_ns = std::nullopt);

  static constexpr const char* kKept = "rules";  // the key

  const std::vector<Rule>& rules() const { return rules_; }
  const Judging& judging() const { return judging_; }
  const Standing& standing(mlmon_model model, std::size_t rule) const {
    return standings_[model * rules_.size() + rule];
  }

  /// Reads how the rules stand for a model before its first event. Once is enough.
  void meet(mlmon_model model);

  /// The rule is one of those for this model.
  bool applies(mlmon_model model, std::size_t rule) const;

  /// The newest event time of the model. Only with Judging::needs_now.
  std::int64_t now(mlmon_model model) const { return models_[model].now_ns; }

  /// The end of the model's grace.
  std::int64_t grace_end(mlmon_model model) const { return models_[model].grace_end_ns; }

  /// From here on the rule has a finding for each event of full weight.
  void watch(mlmon_model model, std::size_t rule, bool watched);

  /// The rule holds no more, from the event on.
  void stop_holding(const Event& event, mlmon_model model, std::size_t rule);

 private:
  struct AboutModel {
    std::int64_t now_ns = kNever;
    std::int64_t grace_end_ns = kNever;
    bool met = false;
    bool changed = false;  // what is to be kept
  };

  void add_counters(const Setup& setup);
  void take_columns(const mlmon_batch& batch);
  void count_seen();
  void judge(const mlmon_batch& batch, std::uint32_t row);
  std::optional<Finding> weigh(const mlmon_batch& batch, std::uint32_t row, std::size_t rule);
  Finding::Weight weight(const mlmon_batch& batch, std::uint32_t row, const Standing& standing) const;
  void update(mlmon_model model, std::int64_t time_ns, Finding& finding);
  bool enter(Standing& standing, const Rule& rule, double figure, bool breach,
             std::int64_t time_ns) const;
  void set_guard(mlmon_model model, std::size_t rule);
  void load(mlmon_model model);
  void read_held_back(mlmon_model model);
  std::string explain_rule(mlmon_model model, std::size_t rule);
  void note_change(mlmon_model model);
  std::string_view kept_text(mlmon_model model);

  const std::vector<Rule> rules_;
  const Judging judging_;
  std::optional<AdjustedPValues> adjusted_;

  std::vector<AboutModel> models_;    // by handle
  std::deque<Standing> standings_;    // by handle and rule, as are the guards
  std::vector<double> guards_;
  std::vector<mlmon_model> changed_;  // models, since the batch began
  HeldBack held_back_;                // kept under "held"
  std::string kept_text_;             // of the last call
  struct Counters {
    Counter figures, breaches;
  };
  std::vector<Counters> counters_;  // of the first rules

  // Of the batch that is judged.
  std::vector<const double*> columns_;  // by rule
  struct Seen {
    std::uint64_t figures = 0, breaches = 0;
  };
  std::vector<Seen> seen_;  // by rule
  std::vector<Finding> findings_;
};

}  // namespace mlmon::rules
