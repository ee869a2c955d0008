#pragma once

#include <cstdint>
#include <mlmon/setup.hpp>

#include "plugins/retraining/budget.h"
#include "plugins/rules/problems.h"

namespace mlmon::retraining {

/// When a rule that holds is asked for, beside the rules themselves. All spans are event time; 0:
/// none.
struct Policy {
  enum class Require { any, all, confirmed };

  std::int64_t grace_ns = 0;
  Require require = Require::any;
  std::int64_t cooldown_ns = 0;
  std::int64_t job_timeout_ns = 0;
  BudgetLimit budget;

  /// It asks for the newest event time of a model.
  bool needs_now() const {
    return grace_ns > 0 || cooldown_ns > 0 || job_timeout_ns > 0 || budget.requests > 0;
  }
};

Policy read_policy(const Json& config, rules::Problems& problems);

}  // namespace mlmon::retraining
