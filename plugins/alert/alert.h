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
  void tell(const rules::Finding& finding);

  rules::RuleSet rules_;
  rules::ModelTable<unsigned char> firing_;  // by model and rule
};

}  // namespace mlmon::alert
