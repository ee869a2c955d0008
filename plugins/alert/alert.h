#pragma once

#include <mlmon/observer.hpp>

#include "plugins/rules/model_table.h"
#include "plugins/rules/rule_set.h"

namespace mlmon::alert {

/// Tells when a rule starts to hold for a model (`firing`) and when it stops (`resolved`), once
/// each. Rules: low_f1 (critical), then drift (warning).
class Alert final : public Observer {
 public:
  explicit Alert(Setup& setup);
  void on_batch(const Batch& batch) override;

 private:
  bool fires(mlmon_model model, std::size_t rule);
  void tell(const rules::Finding& finding);

  rules::RuleSet rules_;
  enum class State : unsigned char { unknown, quiet, firing };
  rules::ModelTable<State> states_;  // by model and rule; what fires is kept under the rule's name
};

}  // namespace mlmon::alert
