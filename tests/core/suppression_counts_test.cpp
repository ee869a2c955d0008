#include "core/observer/suppression_counts.h"

#include <catch2/catch.hpp>

using mlmon::SuppressionCounts;

TEST_CASE("suppressions are counted by reason, in the order in which the reasons came up") {
  SuppressionCounts counts;
  for (const char* why : {"cooldown", "job_open", "cooldown"}) counts.add(why);
  counts.keep();
  CHECK(counts.total() == 3);
  CHECK(counts.by_reason() == SuppressionCounts::ByReason{{"cooldown", 2}, {"job_open", 1}});
}

TEST_CASE("what a call that failed held back does not count") {
  SuppressionCounts counts;
  counts.add("cooldown");
  counts.keep();
  counts.add("cooldown");
  counts.add("budget");
  counts.drop();
  CHECK(counts.by_reason() == SuppressionCounts::ByReason{{"cooldown", 1}});
}

TEST_CASE("reasons without end take bounded memory, and none is lost") {
  SuppressionCounts counts;
  for (int i = 0; i < 1000; ++i) {
    counts.add("until " + std::to_string(i));
    counts.keep();
  }
  CHECK(counts.total() == 1000);
  CHECK(counts.by_reason().size() == SuppressionCounts::kMostReasons + 1);
  CHECK(counts.by_reason().back() ==
        std::pair<std::string, std::uint64_t>("other", 1000 - SuppressionCounts::kMostReasons));
}
