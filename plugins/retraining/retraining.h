#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/retraining/policy.h"
#include "plugins/rules/model_table.h"
#include "plugins/rules/rule_observer.h"

namespace mlmon::retraining {

/// Requests a retraining of a model at an event that breaches a rule that holds, unless the policy
/// has a reason not to; then the request is suppressed. A job event with the id of the open request
/// closes it; one with the status `queued` opens it again, if none is open. Rules: f1, drift, then those of the
/// configuration.
///
/// Keeps of a model, under "job", {"asked":TIME,"from":TIME,"open":ID}: when the last request was made, where its
/// cooldown ends (for people: `mlmon models`), and the request while it is open. Of no model: the time of each request that counts for the budget, under
/// "spent:ID", and "budget_spent" once that was told.
class Retraining final : public rules::RuleObserver {
 public:
  explicit Retraining(Setup& setup);
  bool migrate(std::uint32_t from_version) override;

 private:
  struct Configuration;
  Retraining(const Setup& setup, Configuration&& configuration);

  void on_findings(const Event& event, const std::vector<rules::Finding>& findings) override;
  void on_other(const Event& event) override;
  std::string outlook(mlmon_model model, std::size_t rule, Fields& members) override;
  std::vector<std::string> notes(mlmon_model model) override;

  /// Why a request is held back, and until when where that is known.
  struct Reason {
    const char* why;
    std::optional<std::int64_t> until_ns;
  };
  std::optional<Reason> reason_against(const rules::Finding& finding);
  bool is_confirmed(mlmon_model model, const rules::Rule& rule) const;
  std::string missing_rules(mlmon_model model, std::size_t rule) const;
  void request(const rules::Finding& finding);
  Budget& budget();
  void spend(std::int64_t now_ns, std::string_view id);
  void tell_spent(const rules::Finding& finding, std::int64_t until_ns);

  struct Job {
    enum class State : unsigned char { unknown, none, open };
    State state = State::unknown;
    std::int64_t asked_ns = rules::kNever;  // the last request
  };
  const Job job(mlmon_model model);
  std::string open_job(mlmon_model model) const;
  void set_job(mlmon_model model, const Job& job, std::string_view open_id);

  const Policy policy_;
  const TextField job_id_, job_status_;  // of job events
  rules::ModelTable<Job> jobs_;
  std::optional<Budget> budget_;        // once it was read from what is kept
  std::vector<std::string> over_budget_;  // ids that are kept and do not count any more
};

}  // namespace mlmon::retraining
