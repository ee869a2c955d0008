#include "plugins/alert/telling.h"

#include <algorithm>

#include "plugins/rules/rule_reader.h"
#include "plugins/transport/duration.h"

namespace mlmon::alert {
namespace {

void read_flap(const Json& text, Telling& telling, rules::Problems& problems) {
  if (text.text() == "0") return;
  std::optional<transport::Rate> rate;
  try {
    rate = transport::read_rate(text);
  } catch (const config_error&) {
    // told below, in this key's own words
  }
  if (!rate || rate->limit > static_cast<std::int64_t>(Telling::kMostChanges)) {
    problems.add(text.path(), "expected at most 32 changes in a duration, such as \"6/1h\", or \"0\", "
                              "got \"" + text.text() + "\"");
    return;
  }
  telling.flap_changes = static_cast<std::size_t>(rate->limit);
  telling.flap_ns = rate->period_ms * 1'000'000;
}

void read_inhibitors(const Json& table, const std::vector<rules::Rule>& all_rules, std::size_t own,
                     Wording& wording, rules::Problems& problems) {
  if (!table.has("inhibited_by")) return;
  for (const Json& name : table.at("inhibited_by").items()) {
    const auto rule = std::find_if(all_rules.begin(), all_rules.end(),
                                   [&](const auto& one) { return one.name == name.text(); });
    const auto index = static_cast<std::size_t>(rule - all_rules.begin());
    if (rule == all_rules.end() || index == own) {
      problems.add(name.path(), "expected the name of another rule, got \"" + name.text() + "\"");
    } else {
      wording.inhibited_by.push_back(index);
    }
  }
}

}  // namespace

Telling read_telling(const Json& config, rules::Problems& problems) {
  Telling telling;
  if (config.has("resolve")) telling.resolve = config.flag("resolve");
  problems.collect([&] {
    if (config.has("repeat")) telling.repeat_ns = rules::duration_ns(config.at("repeat"));
  });
  if (config.has("flap")) read_flap(config.at("flap"), telling, problems);
  return telling;
}

std::vector<Wording> read_wordings(const Json& config, const std::vector<rules::Rule>& all_rules,
                                   std::size_t built_in, rules::Problems& problems) {
  std::vector<Wording> wordings;
  for (std::size_t r = 0; r < built_in; ++r) {
    const bool drift = all_rules[r].metric.is_drift();
    wordings.push_back({drift ? Wording::Text::drift : Wording::Text::low_f1,
                        drift ? "warning" : "critical",
                        {}});
  }
  if (!config.has("rules")) return wordings;
  for (const Json& table : config.at("rules").items()) {
    Wording wording;
    if (table.has("severity")) wording.severity = table.text("severity");
    read_inhibitors(table, all_rules, wordings.size(), wording, problems);
    wordings.push_back(std::move(wording));
  }
  return wordings;
}

}  // namespace mlmon::alert
