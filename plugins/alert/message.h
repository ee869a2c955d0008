#pragma once

#include <string>

#include "plugins/rules/rule.h"

namespace mlmon::alert {

/// What people read.
struct Message {
  std::string subject;
  std::string body;  // lines without a last newline
};

/// The texts of a built-in rule at the event that made it start to hold (a breach) or stop.
Message describe(const rules::Finding& finding, const Model& model);

}  // namespace mlmon::alert
