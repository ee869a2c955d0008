#pragma once

#include <mlmon/setup.hpp>
#include <vector>

#include "plugins/retraining/policy.h"
#include "plugins/rules/rule.h"

namespace mlmon::retraining {

/// Says what will bite of a policy together with its rules and targets, for `mlmon check`.
void warn_of_policy(const Setup& setup, const Policy& policy,
                    const std::vector<rules::Rule>& all_rules);

}  // namespace mlmon::retraining
