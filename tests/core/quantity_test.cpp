#include "core/text/quantity.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace mlmon;

TEST_CASE("durations are digits and a unit") {
  CHECK(parse_duration_ns("500ms") == 500'000'000);
  CHECK(parse_duration_ns("30s") == 30'000'000'000);
  CHECK(parse_duration_ns("5m") == 300'000'000'000);
  CHECK(parse_duration_ns("6h") == 21'600'000'000'000);
  CHECK(parse_duration_ns("7d") == 604'800'000'000'000);
  CHECK(parse_duration_ns("0s") == 0);
}

TEST_CASE("no other text is a duration") {
  for (const char* text : {"", "s", "5", "-5s", "+5s", " 5s", "5 s", "5s ", "1.5h", "1h30m", "5S", "5us",
                           "0x5s", "5ss", "٣s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration_ns(text));
  }
}

TEST_CASE("a duration beyond 64-bit nanoseconds is none") {
  CHECK(parse_duration_ns("106751d") == 106751LL * 86'400'000'000'000);
  CHECK_FALSE(parse_duration_ns("106752d"));
  CHECK_FALSE(parse_duration_ns("99999999999999999999s"));
  CHECK_FALSE(parse_duration_ns("18446744073709551615ms"));
}

TEST_CASE("sizes are digits and a unit, or bytes") {
  CHECK(parse_size("512") == 512u);
  CHECK(parse_size("512B") == 512u);
  CHECK(parse_size("64KiB") == 65536u);
  CHECK(parse_size("1MiB") == 1048576u);
  CHECK(parse_size("2GiB") == 2147483648u);
  CHECK(parse_size("0") == 0u);
  CHECK(parse_size("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("no other text is a size") {
  for (const char* text : {"", "KiB", "-1", "1KB", "1kib", "1 MiB", "1.5MiB", "1MiB ", "1M",
                           "18446744073709551616", "17179869184GiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("durations are written in the largest unit that divides them") {
  CHECK(format_duration(0) == "0s");
  CHECK(format_duration(500'000'000) == "500ms");
  CHECK(format_duration(60'000'000'000) == "1m");
  CHECK(format_duration(90'000'000'000) == "90s");
  CHECK(format_duration(86'400'000'000'000) == "1d");
  CHECK(format_duration(-300'000'000'000) == "-5m");
  CHECK(format_duration(250'000) == "0.25ms");
  CHECK(format_duration(1) == "0.000001ms");
  CHECK(format_duration(std::numeric_limits<std::int64_t>::min()) == "-9223372036854.775808ms");
}

TEST_CASE("sizes are written in the largest unit that divides them") {
  CHECK(format_size(0) == "0B");
  CHECK(format_size(1500) == "1500B");
  CHECK(format_size(65536) == "64KiB");
  CHECK(format_size(1048576) == "1MiB");
}

TEST_CASE("what is written can be read again") {
  for (const char* text : {"1ms", "59s", "61m", "25h", "400d"}) {
    CHECK(format_duration(*parse_duration_ns(text)) == text);
  }
}
