#include "core/observer/rule_counts.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "core/observer/merge_by.h"

namespace mlmon {
namespace {

/// The number in rule_N_WHAT.
std::optional<std::uint32_t> rule_number(std::string_view name, std::string_view what) {
  constexpr std::string_view kBefore = "rule_";
  if (!name.starts_with(kBefore) || !name.ends_with(what)) return std::nullopt;
  name.remove_prefix(kBefore.size());
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const std::string_view rest = name.substr(static_cast<std::size_t>(stop - name.data()));
  if (error != std::errc() || rest != what) return std::nullopt;
  return number;
}

}  // namespace

void Tally::add(std::string_view name, std::uint64_t more) {
  const auto known = std::find_if(counts_.begin(), counts_.end(),
                                  [&](const auto& count) { return count.first == name; });
  if (known != counts_.end()) {
    known->second += more;
  } else {
    counts_.emplace_back(name, more);
  }
}

std::uint64_t Tally::of(std::string_view name) const {
  const auto known = std::find_if(counts_.begin(), counts_.end(),
                                  [&](const auto& count) { return count.first == name; });
  return known == counts_.end() ? 0 : known->second;
}

std::vector<RuleCount> take_rule_counts(std::vector<CounterTotal>& counters, const Tally& actions) {
  std::map<std::uint32_t, RuleCount> rules;
  std::vector<CounterTotal> others;
  for (CounterTotal& counter : counters) {
    if (const auto number = rule_number(counter.name, "_figures")) {
      rules[*number].figures = counter.total;
      rules[*number].rule = counter.help;
    } else if (const auto breaches = rule_number(counter.name, "_breaches")) {
      rules[*breaches].breaches = counter.total;
      rules[*breaches].rule = counter.help;
    } else {
      others.push_back(std::move(counter));
    }
  }
  counters = std::move(others);
  std::vector<RuleCount> counts;
  for (auto& [number, rule] : rules) {
    rule.actions = actions.of(rule.rule);
    counts.push_back(std::move(rule));
  }
  return counts;
}

void add_to(std::vector<RuleCount>& counts, const std::vector<RuleCount>& others) {
  merge_by(&RuleCount::rule, counts, others, [](RuleCount& count, const RuleCount& more) {
    count.figures += more.figures;
    count.breaches += more.breaches;
    count.actions += more.actions;
  });
}

}  // namespace mlmon
