#pragma once

#include <string>
#include <string_view>

#include "plugins/alert/telling.h"
#include "plugins/rules/finding.h"

namespace mlmon::alert {

/// What people read.
struct Message {
  std::string subject;
  std::string body;  // lines without a last newline
};

/// The texts of a rule at an event that made its state what it is: "firing", "resolved" or
/// "flapping".
Message describe(const rules::Finding& finding, const Wording& wording, std::string_view state,
                 const Model& model);

/// "❗", of a severity.
const char* icon_of(const std::string& severity);

}  // namespace mlmon::alert
