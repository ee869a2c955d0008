#pragma once

#include <cstdint>
#include <mlmon/json.hpp>
#include <string>
#include <vector>

#include "plugins/rules/problems.h"
#include "plugins/rules/rule.h"

namespace mlmon::alert {

/// How the changes of a rule are told to people.
struct Wording {
  enum class Text { low_f1, drift, own };

  Text text = Text::own;
  std::string severity = "warning";
  std::vector<std::size_t> inhibited_by;  // rules
};

/// When they are told. All spans are event time; 0: none.
struct Telling {
  bool resolve = true;
  std::int64_t repeat_ns = 0;
  std::size_t flap_changes = 0;  // more than so many within flap_ns are flapping; 0: nothing is
  std::int64_t flap_ns = 0;

  static constexpr std::size_t kMostChanges = 32;

  bool needs_now() const { return repeat_ns > 0 || flap_changes > 0; }
};

Telling read_telling(const Json& config, rules::Problems& problems);

/// Those of the rules in their order; the built-in ones are told by `built_in`, their number.
std::vector<Wording> read_wordings(const Json& config, const std::vector<rules::Rule>& all_rules,
                                   std::size_t built_in, rules::Problems& problems);

}  // namespace mlmon::alert
