#include "cli/bad_limit.h"

#include <catch2/catch.hpp>

using namespace mlmon;

TEST_CASE("a limit is a count or a percentage") {
  CHECK(parse_bad_limit("0")->limit == 0);
  CHECK_FALSE(parse_bad_limit("100")->percent);
  CHECK(parse_bad_limit("0.5%")->percent);
  CHECK(parse_bad_limit("0.5%")->limit == 0.5);
  CHECK(parse_bad_limit("100%"));
  for (const char* text :
       {"",    "%",  "x",   "-1",    "+1",  "1.5",  "1e2",  "1e1%", "101%", "100.1%",
        "5 %", " 5", "5%%", "1..2%", "inf", "nan%", "0x10", ".",    ".%",   "1,000"}) {
    INFO(text);
    CHECK_FALSE(parse_bad_limit(text));
  }
}

TEST_CASE("a count is exceeded by one more") {
  const BadLimit none = *parse_bad_limit("0"), two = *parse_bad_limit("2");
  CHECK_FALSE(none.exceeded_by(0, 0));
  CHECK(none.exceeded_by(1, 1));
  CHECK_FALSE(two.exceeded_by(2, 2));
  CHECK(two.exceeded_by(3, 1'000'000));
}

TEST_CASE("a percentage is of the lines that are not empty") {
  CHECK(parse_bad_limit("49%")->exceeded_by(2, 4));
  CHECK_FALSE(parse_bad_limit("50%")->exceeded_by(2, 4));
  CHECK_FALSE(parse_bad_limit("100%")->exceeded_by(4, 4));
  CHECK(parse_bad_limit("0%")->exceeded_by(1, 1'000'000'000));
  CHECK_FALSE(parse_bad_limit("0%")->exceeded_by(0, 0));
}

TEST_CASE("exactly as many as the percentage allows pass, one more does not") {
  for (int hundredths = 0; hundredths <= 10'000; ++hundredths) {
    const std::string text = std::to_string(hundredths / 100) + "." +
                             std::to_string(hundredths / 10 % 10) +
                             std::to_string(hundredths % 10) + "%";
    const BadLimit limit = *parse_bad_limit(text);
    const auto allowed = static_cast<std::uint64_t>(hundredths) * 1000;
    if (limit.exceeded_by(allowed, 10'000'000) || !limit.exceeded_by(allowed + 1, 10'000'000))
      FAIL(text);
  }
}
