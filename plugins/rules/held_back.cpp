#include "plugins/rules/held_back.h"

#include <algorithm>

namespace mlmon::rules {

void HeldBack::read(mlmon_model model, std::optional<std::string_view> kept,
                    const std::vector<Rule>& rules) {
  read_.set(model, 0, 1);
  if (!kept) return;
  const Json all = Json::parse(*kept);
  for (std::size_t r = 0; r < rules.size(); ++r) {
    if (!all.has(rules[r].name)) continue;
    const Json& told = all.at(rules[r].name);
    const Json& until = told.items().at(2);
    table_.set(model, r, {told.items().at(1).integer(), until.is_number() ? until.integer() : kNever,
                          index_of(told.items().at(0).text())});
  }
}

bool HeldBack::note(mlmon_model model, std::size_t rule, std::string_view why, std::int64_t at_ns,
                    std::optional<std::int64_t> until_ns) {
  Cell& cell = table_.at(model, rule);
  const std::int64_t end_ns = until_ns.value_or(kNever);
  if (whys_[cell.why] == why && cell.until_ns == end_ns) return false;
  cell = {at_ns, end_ns, index_of(why)};
  return true;
}

HeldBack::Reason HeldBack::newest(mlmon_model model, std::size_t rule) const {
  const Cell cell = table_.get(model, rule);
  return {whys_[cell.why], cell.since_ns,
          cell.until_ns == kNever ? std::nullopt : std::optional<std::int64_t>(cell.until_ns)};
}

std::uint8_t HeldBack::index_of(std::string_view why) {
  const auto known = std::find(whys_.begin(), whys_.end(), why);
  const auto index = static_cast<std::uint8_t>(known - whys_.begin());
  if (known == whys_.end()) whys_.emplace_back(why);
  return index;
}

std::string HeldBack::text(mlmon_model model, const std::vector<Rule>& rules) const {
  Fields all;
  for (std::size_t r = 0; r < rules.size(); ++r) {
    const Reason reason = newest(model, r);
    if (reason.why.empty()) continue;
    all.json(rules[r].name, "[\"" + reason.why + "\"," + std::to_string(reason.since_ns) + "," +
                                (reason.until_ns ? std::to_string(*reason.until_ns) : "null") + "]");
  }
  return all.str();
}

}  // namespace mlmon::rules
