#pragma once

#include <mlmon/observer.hpp>
#include <string>
#include <string_view>

#include "plugins/alert/wording.h"
#include "plugins/rules/rule.h"

namespace mlmon::alert {

/// What people read.
struct Message {
  std::string subject;
  std::string body;  // lines without a last newline
};

/// A change of a rule that is told.
struct Change {
  const rules::Rule& rule;
  std::string_view state;  // "firing", "resolved", "flapping"
  bool holds;              // the rule does
  Event event;             // at which it changed
  Model model;             // whose rule it is
  double figure, limit;    // NaN: absent
  double baseline;
  std::string reason;  // of an end that no figure brought about
};

/// Its texts.
Message describe(const Change& change, const Wording& wording);

/// "❗", of a severity.
const char* icon_of(std::string_view severity);

}  // namespace mlmon::alert
