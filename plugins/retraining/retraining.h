#pragma once

#include <mlmon/observer.hpp>

#include "plugins/rules/model_table.h"
#include "plugins/rules/rule_set.h"

namespace mlmon::retraining {

/// Requests a retraining of a model at an event for which a rule holds, unless a job of the model
/// is open: then the request is suppressed. A job event with its id closes it. Rules: f1, then drift.
class Retraining final : public Observer {
 public:
  explicit Retraining(Setup& setup);
  void on_batch(const Batch& batch) override;

 private:
  bool job_open(mlmon_model model);
  void request(const rules::Finding& finding);
  void close_job(const Event& event);
  void hold_back(const rules::Finding& finding, const char* why);

  rules::RuleSet rules_;

  enum class Job : unsigned char { unknown, none, open };
  rules::ModelTable<Job> jobs_;  // what is kept of each model as "open": the id of its job
};

}  // namespace mlmon::retraining
