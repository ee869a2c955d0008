#include "core/import/tool_time.h"

#include <catch2/catch.hpp>
#include <string>

using namespace mlmon;

namespace {

std::string read(std::string_view text) {
  const auto at = read_tool_time(text);
  return at ? format_rfc3339(*at) : "none";
}

}  // namespace

TEST_CASE("times are read as tools write them") {
  for (const char* text : {"2026-02-01T08:00:00Z", "2026-02-01t08:00:00z", "2026-02-01 08:00:00",
                           "2026-02-01T08:00:00", "2026-02-01 08:00", "2026-02-01 08:00:00 UTC",
                           "2026-02-01 08:00:00+00", "2026-02-01 10:00:00 +0200",
                           "2026-02-01T06:30:00-01:30", "2026-02-01 08:00:00.000000+00:00"}) {
    INFO(text);
    CHECK(read(text) == "2026-02-01T08:00:00Z");
  }
  CHECK(read("2026-02-01") == "2026-02-01T00:00:00Z");
  CHECK(read("2026-11-29T01:20:32.331136") == "2026-11-29T01:20:32.331136Z");
  CHECK(read("2018-01-31 23:59:59.999999999") == "2018-01-31T23:59:59.999999999Z");
}

TEST_CASE("what is no time is not guessed at") {
  for (const char* text : {"", "soon", "2026", "2026-02-30", "2026-02-01 8:00", "2026-02-01 08:00:61", "01.02.2026",
                           "2026-02-01T08:00:00.", "2026-02-01T08:00:00.1234567890", "2026-02-01 08:00:00 CET",
                           "2026-02-01T08:00:00+2", "2026-02-01T", "2026-02-01 08", "1769932800", "2026-02-01 08:00:0",
                           "2026-02-01T08:00:00  Z"}) {
    INFO(text);
    CHECK(read(text) == "none");
  }
}

TEST_CASE("milliseconds since 1970 are a time, as far as 64 bits reach") {
  CHECK(format_rfc3339(*from_unix_ms(1769932800123)) == "2026-02-01T08:00:00.123Z");
  CHECK(!from_unix_ms(INT64_MAX));
}
