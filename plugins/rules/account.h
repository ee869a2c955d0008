#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugins/rules/rule.h"
#include "plugins/rules/standing.h"

namespace mlmon::rules {

// How a rule stands, in words: for `mlmon why`.

/// "f1 below 0.75", with what ends it where that is another figure; of a limit that is not known yet, how many
/// figures are missing.
std::string limit_text(const Rule& rule, const Standing& standing);

/// "2 of the last 3 figures; now 1 of them is beyond the limit".
std::string window_text(const Rule& rule, const Standing& standing);

/// So many figures in a row, beyond the limit, make a rule hold that does not; at least 1.
unsigned figures_to_start(const Rule& rule, const Standing& standing);

/// "at the next event with f1 below 0.75", "after 2 more events in a row with f1 below 0.75": of full weight.
std::string start_text(const Rule& rule, const Standing& standing);

/// The same of what makes it stop, of a rule that holds.
std::string stop_text(const Rule& rule, const Standing& standing);

/// " from TIME on (WHY)"; empty where the time is over or there is none.
std::string from_text(std::int64_t end_ns, std::int64_t now_ns, const std::string& why);

}  // namespace mlmon::rules
