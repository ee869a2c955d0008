#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/alert/heard.h"
#include "plugins/alert/message.h"
#include "plugins/alert/succession.h"
#include "plugins/alert/telling.h"
#include "plugins/alert/wording.h"
#include "plugins/rules/model_table.h"
#include "plugins/rules/rule_observer.h"

namespace mlmon::alert {

/// Tells when a rule starts to hold for a model (`firing`) and when it stops (`resolved`), once
/// each unless asked to repeat. A rule that changes too often is `flapping`, and silent until it has
/// not changed for a while. Rules: low_f1 (critical), drift (warning), then those of the
/// configuration. What `on` names is told as it comes.
///
/// An action with the member `suppressed` is to be told to nobody, and the member says why.
///
/// Keeps of a model and rule, under "told:NAME", what telling needs beside how the rule stands:
/// [told_ns,unheard,change_ns...], or [told_ns,event_ns] in place of told_ns where the event is older.
class Alert final : public rules::RuleObserver {
 public:
  explicit Alert(Setup& setup);
  bool migrate(std::uint32_t from_version) override;

 private:
  struct Configuration;
  Alert(const Setup& setup, Configuration&& configuration);

  void on_event(const Event& event) override;
  void on_findings(const Event& event, const std::vector<rules::Finding>& findings) override;
  void on_other(const Event& event) override;
  std::string outlook(mlmon_model model, std::size_t rule, Fields& members) override;

  /// What was told of a rule of a model.
  struct Told {
    bool read = false;     // from what is kept
    bool unheard = false;  // nobody was told of what fires now
    std::int64_t told_ns = rules::kNever;   // when, and ...
    std::int64_t event_ns = rules::kNever;  // ... the time of the event that was told of
    std::vector<std::int64_t> changes_ns;  // the newest ones, where flapping counts
  };
  void judge(const rules::Finding& finding);
  const char* flap(const rules::Finding& finding);
  void tell(const rules::Finding& finding, const char* state, bool begins);
  void act_on(const Change& change, std::size_t rule, mlmon_model model, bool begins, Fields figures);
  std::string inhibitor(mlmon_model model, std::size_t rule, bool starts);
  bool flapping(const rules::Finding& finding) const;
  std::string how_told(mlmon_model model, std::size_t rule);
  std::int64_t now_at(const rules::Finding& finding) const;

  void know_deployments();
  void supersede(const Event& event, mlmon_model older);

  Told& told(mlmon_model model, std::size_t rule);
  void keep_told(mlmon_model model, std::size_t rule);
  std::string key_of(std::size_t rule) const;

  const Telling telling_;
  const std::vector<Wording> wordings_;  // by rule
  const Heard heard_;
  const bool remembers_;          // more than how the rules stand
  rules::ModelTable<Told> told_;  // by model and rule, if it remembers
  std::optional<Succession> succession_;
  bool knows_deployments_ = false;
};

}  // namespace mlmon::alert
