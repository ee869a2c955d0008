#pragma once

#include <mlmon/setup.hpp>
#include <vector>

#include "plugins/rules/rule.h"

namespace mlmon::rules {

/// Says of a configuration that works what will bite, for `mlmon check`. `key` may be empty.
void warn(const Setup& setup, const std::string& key, const std::string& text);

/// Warns of rules that can never hold.
void warn_of_rules(const Setup& setup, const std::vector<Rule>& rules);

}  // namespace mlmon::rules
