#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/alert/telling.h"
#include "plugins/rules/model_table.h"
#include "plugins/rules/rule_observer.h"

namespace mlmon::alert {

/// Tells when a rule starts to hold for a model (`firing`) and when it stops (`resolved`), once
/// each unless asked to repeat. A rule that changes too often is `flapping`, and silent until it has
/// not changed for a while. Rules: low_f1 (critical), drift (warning), then those of the
/// configuration.
///
/// Keeps of a model and rule, under "told:NAME", what telling needs beside the rule's standing:
/// [told_ns,unheard,change_ns...].
class Alert final : public rules::RuleObserver {
 public:
  explicit Alert(Setup& setup);
  bool migrate(std::uint32_t from_version) override;

 private:
  struct Configuration;
  Alert(const Setup& setup, Configuration&& configuration);

  void on_findings(const Event& event, const std::vector<rules::Finding>& findings) override;
  void on_other(const Event&) override {}

  /// What was told of a rule of a model.
  struct Told {
    bool read = false;  // from what is kept
    bool unheard = false;  // its newest start was inhibited
    std::int64_t told_ns = rules::kNever;
    std::vector<std::int64_t> changes_ns;  // the newest ones, where flapping counts
  };
  void change(const rules::Finding& finding);
  void flap(const rules::Finding& finding, Told& told);
  void tell(const rules::Finding& finding, const char* state, Told& told);
  std::string inhibitor(const rules::Finding& finding, const Told& told, bool starts) const;
  bool flapping(const rules::Finding& finding) const;
  std::int64_t now_at(const rules::Finding& finding) const;
  Told& told(mlmon_model model, std::size_t rule);
  void keep_told(mlmon_model model, std::size_t rule);
  std::string key_of(std::size_t rule) const;

  const Telling telling_;
  const std::vector<Wording> wordings_;  // by rule
  const bool remembers_;                 // more than how the rules stand
  rules::ModelTable<Told> told_;         // by model and rule, if it remembers
};

}  // namespace mlmon::alert
