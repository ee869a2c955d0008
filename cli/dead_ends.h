#pragma once

#include <string>
#include <vector>

#include "core/run/assembly.h"

namespace mlmon {

/// It is of the plugins retraining and alert: what their rules, targets and receivers mean is known.
bool has_known_rules(const AssembledObserver& observer);

/// The rules of an observer that no model reaches, and its targets or receivers that no rule and model reach:
/// one text each, for people. Only what is certain from the configuration, and only with known rules.
std::vector<std::string> dead_ends_of(const AssembledObserver& observer);

}  // namespace mlmon
