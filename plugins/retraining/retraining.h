#pragma once

#include <mlmon/observer.hpp>

#include "plugins/rules/model_table.h"
#include "plugins/rules/rule_set.h"

namespace mlmon::retraining {

/// Requests a retraining of a model at an event for which a rule holds, unless a job of the model
/// is open: then the request is suppressed. Rules: f1, then drift.
class Retraining final : public Observer {
 public:
  explicit Retraining(Setup& setup);
  void on_batch(const Batch& batch) override;

 private:
  void request(const rules::Finding& finding);
  void hold_back(const rules::Finding& finding, const char* why);

  rules::RuleSet rules_;
  rules::ModelTable<unsigned char> job_open_;  // 1: requested and not yet closed
};

}  // namespace mlmon::retraining
