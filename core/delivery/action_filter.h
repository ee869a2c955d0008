#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/glob.h"

namespace mlmon {

/// Which actions a target or receiver gets, by the host's keys: all that are given must match. Immutable.
struct ActionFilter {
  GlobList models{{"*"}};
  std::optional<GlobList> rules;
  std::optional<std::vector<std::string>> severities;
  std::vector<std::pair<std::string, std::string>> labels;

  /// `action`: its JSON.
  bool matches(std::string_view action) const;
};

}  // namespace mlmon
