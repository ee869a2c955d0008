#pragma once

#include <mlmon/setup.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/rules/problems.h"
#include "plugins/rules/rule.h"
#include "plugins/template/template.h"

namespace mlmon::alert {

/// How the changes of a rule are told to people.
struct Wording {
  enum class Text { low_f1, drift, own };

  Text text = Text::own;
  std::string severity = "warning";
  std::vector<std::size_t> inhibited_by;  // rules
  std::optional<templates::Template> subject, body;
  std::vector<std::pair<std::string, TextField>> members;  // of the event that the texts name
};

/// Those of the rules in their order, of which the first so many are built in.
std::vector<Wording> read_wordings(const Setup& setup, const std::vector<rules::Rule>& all_rules,
                                   std::size_t built_in, rules::Problems& problems);

}  // namespace mlmon::alert
