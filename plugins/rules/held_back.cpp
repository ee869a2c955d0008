#include "plugins/rules/held_back.h"

namespace mlmon::rules {

void HeldBack::read(mlmon_model model, std::optional<std::string_view> kept,
                    const std::vector<Rule>& rules) {
  read_.set(model, 0, 1);
  if (!kept) return;
  const Json all = Json::parse(*kept);
  for (std::size_t r = 0; r < rules.size(); ++r) {
    if (!all.has(rules[r].name)) continue;
    const Json& told = all.at(rules[r].name);
    Reason& reason = table_.at(model, r);
    reason.why = told.items().at(0).text();
    reason.since_ns = told.items().at(1).integer();
    if (told.items().at(2).is_number()) reason.until_ns = told.items()[2].integer();
  }
}

bool HeldBack::note(mlmon_model model, std::size_t rule, std::string_view why, std::int64_t at_ns,
                    std::optional<std::int64_t> until_ns) {
  Reason& reason = table_.at(model, rule);
  if (reason.why == why && reason.until_ns == until_ns) return false;
  reason.why = why;
  reason.since_ns = at_ns;
  reason.until_ns = until_ns;
  return true;
}

std::string HeldBack::text(mlmon_model model, const std::vector<Rule>& rules) const {
  Fields all;
  for (std::size_t r = 0; r < rules.size(); ++r) {
    const Reason reason = table_.get(model, r);
    if (reason.why.empty()) continue;
    all.json(rules[r].name, "[\"" + reason.why + "\"," + std::to_string(reason.since_ns) + "," +
                                (reason.until_ns ? std::to_string(*reason.until_ns) : "null") + "]");
  }
  return all.str();
}

}  // namespace mlmon::rules
