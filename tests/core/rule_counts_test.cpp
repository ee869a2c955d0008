#include "core/observer/rule_counts.h"

#include <catch2/catch.hpp>

namespace mlmon {
namespace {

TEST_CASE("rule counts: counters named for rules are taken out, in the order of their numbers") {
  std::vector<CounterTotal> counters = {{"rule_10_figures", "auc", 5}, {"other", "x", 1},
                                        {"rule_10_breaches", "auc", 2}, {"rule_2_figures", "f1", 7},
                                        {"rule_2_breaches", "f1", 0}, {"rule_x_figures", "y", 3},
                                        {"rule_1_figures_too", "z", 4}};
  Tally actions;
  actions.add("auc");
  actions.add("auc");
  const std::vector<RuleCount> rules = take_rule_counts(counters, actions);
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].rule == "f1");
  CHECK(rules[0].figures == 7);
  CHECK(rules[0].actions == 0);
  CHECK(rules[1].rule == "auc");
  CHECK(rules[1].breaches == 2);
  CHECK(rules[1].actions == 2);
  REQUIRE(counters.size() == 3);
  CHECK(counters[0].name == "other");
}

}  // namespace
}  // namespace mlmon
