#include "cli/exit_code.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace mlmon;

TEST_CASE("a run of which nothing is true is done") { CHECK(exit_code({}) == 0); }

TEST_CASE("of several exit codes the first of 130, 1, 3, 11, 10, 4 counts, in all combinations") {
  const std::vector<int> order = {130, 1, 3, 11, 10, 4};
  for (unsigned set = 1; set < 1u << order.size(); ++set) {
    const auto is = [&](unsigned bit) { return (set >> bit & 1) != 0; };
    RunFacts facts;
    facts.interrupted = is(0);
    facts.failed = is(1);
    facts.too_many_bad = is(2);
    facts.retrain_requested = is(3);
    facts.alert_fired = is(4);
    facts.undelivered = is(5);
    unsigned first = 0;
    while (!is(first)) ++first;
    CHECK(exit_code(facts) == order[first]);
  }
}
