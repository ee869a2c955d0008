#include "core/event/instant.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "core/event/rfc3339.h"

using namespace mlmon;

namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// As read and written again; "-" if it is refused.
std::string in_utc(const std::string& text) {
  const auto at = parse_rfc3339(text);
  return at ? format_rfc3339(*at) : "-";
}

Rfc3339 kind_of(std::string_view text) {
  Instant at;
  return read_rfc3339(text, at);
}

}  // namespace

TEST_CASE("a time is read as seconds and nanoseconds since 1970") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == Instant{0, 0});
  CHECK(parse_rfc3339("1970-01-01T00:00:01.5Z") == Instant{1, 500'000'000});
  CHECK(parse_rfc3339("1969-12-31T23:59:59.999999999Z") == Instant{-1, 999'999'999});
  CHECK(parse_rfc3339("2026-02-01T08:00:00Z") == Instant{1'769'932'800, 0});
  CHECK(parse_rfc3339("2000-02-29T12:34:56.000000001Z") == Instant{951'827'696, 1});
  CHECK(parse_rfc3339("0001-01-01T00:00:00Z") == Instant{-62'135'596'800, 0});
  CHECK(parse_rfc3339("9999-12-31T23:59:59Z") == Instant{253'402'300'799, 0});
}

TEST_CASE("times are written in UTC with the digits they need") {
  CHECK(in_utc("2026-02-01T08:00:00Z") == "2026-02-01T08:00:00Z");
  CHECK(in_utc("2026-02-01t08:00:00z") == "2026-02-01T08:00:00Z");
  CHECK(in_utc("2026-02-01T08:00:00.000Z") == "2026-02-01T08:00:00Z");
  CHECK(in_utc("2026-02-01T08:00:00.120Z") == "2026-02-01T08:00:00.12Z");
  CHECK(in_utc("2026-02-01T08:00:00.000000001Z") == "2026-02-01T08:00:00.000000001Z");
  CHECK(in_utc("2026-02-01T08:00:00+01:00") == "2026-02-01T07:00:00Z");
  CHECK(in_utc("2026-02-01T08:00:00-00:00") == "2026-02-01T08:00:00Z");
  CHECK(in_utc("2023-12-31T23:30:00-23:59") == "2024-01-01T23:29:00Z");
  CHECK(in_utc("2024-03-01T00:00:00+00:01") == "2024-02-29T23:59:00Z");
  CHECK(in_utc("1900-03-01T00:00:00+00:01") == "1900-02-28T23:59:00Z");
  CHECK(in_utc("0004-02-29T00:00:00Z") == "0004-02-29T00:00:00Z");
  CHECK(in_utc("9999-12-31T23:59:59.999999999Z") == "9999-12-31T23:59:59.999999999Z");
  CHECK(in_utc("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z");
}

TEST_CASE("every day of 400 years is written as it was read") {
  const Instant first = *parse_rfc3339("1800-01-01T00:00:00Z");
  for (int day = 0; day < 146'097; ++day) {
    const Instant at{first.seconds + day * 86'400LL, 0};
    if (parse_rfc3339(format_rfc3339(at)) != at) FAIL(format_rfc3339(at));
  }
  CHECK(in_utc("2200-01-01T00:00:00Z") == format_rfc3339({first.seconds + 146'097 * 86'400LL, 0}));
}

TEST_CASE("what is no RFC 3339 time is refused") {
  const char* const text = GENERATE(
      "", "2026-02-01", "2026-02-01T08:00:00", "2026-02-01 08:00:00Z", "2026-02-01T08:00Z",
      "2026-02-01T08:00:00 Z", " 2026-02-01T08:00:00Z", "2026-02-01T08:00:00Z ",
      "2026-2-1T08:00:00Z", "26-02-01T08:00:00Z", "+2026-02-01T08:00:00Z", "12026-02-01T08:00:00Z",
      "2026-00-01T08:00:00Z", "2026-13-01T08:00:00Z", "2026-02-00T08:00:00Z",
      "2026-02-29T08:00:00Z", "1900-02-29T08:00:00Z", "2026-04-31T08:00:00Z",
      "2026-12-32T08:00:00Z", "2026-02-01T24:00:00Z", "2026-02-01T08:60:00Z",
      "2016-12-31T23:59:60Z", "2026-02-01T08:00:00.Z", "2026-02-01T08:00:00,5Z",
      "2026-02-01T08:00:00.1234567890Z", "2026-02-01T08:00:00+0100", "2026-02-01T08:00:00+01",
      "2026-02-01T08:00:00+24:00", "2026-02-01T08:00:00+01:60", "2026-02-01T08:00:00+1:00",
      "2026-02-01T08:00:00\xe2\x88\x92" "01:00", "2026-02-01T08:00:00ZZ", "0000-02-30T00:00:00Z");
  CAPTURE(text);
  CHECK(!parse_rfc3339(text));
  CHECK(kind_of(text) == Rfc3339::kNotATime);
}

TEST_CASE("a time outside of the years 0001 to 9999 is a time, but refused") {
  const char* const text = GENERATE(
      "0000-01-01T00:00:00Z", "0000-02-29T00:00:00Z", "0000-12-31T23:59:59.999999999Z",
      "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01");
  CAPTURE(text);
  CHECK(!parse_rfc3339(text));
  CHECK(kind_of(text) == Rfc3339::kOutsideOfYears);
}

TEST_CASE("an instant that no event can have is written as the nearest one") {
  CHECK(format_rfc3339({INT64_MAX, 0}) == "9999-12-31T23:59:59Z");
  CHECK(format_rfc3339({INT64_MIN, -1}) == "0001-01-01T00:00:00Z");
  CHECK(format_rfc3339({0, INT32_MAX}) == "1970-01-01T00:00:00.999999999Z");
}

TEST_CASE("the zone decides on which side of the limits a time lies") {
  CHECK(in_utc("0001-01-01T00:01:00+00:01") == "0001-01-01T00:00:00Z");
  CHECK(in_utc("9999-12-31T23:58:59-00:01") == "9999-12-31T23:59:59Z");
  CHECK(in_utc("0000-12-31T23:59:00-00:01") == "0001-01-01T00:00:00Z");
}

TEST_CASE("nanoseconds since 1970 reach to the ends of 64 bits and not beyond") {
  const auto ns = [](std::string_view text) { return to_unix_ns(*parse_rfc3339(text)); };
  CHECK(ns("1677-09-21T00:12:43.145224192Z") == kMin);
  CHECK(!ns("1677-09-21T00:12:43.145224191Z"));
  CHECK(ns("2262-04-11T23:47:16.854775807Z") == kMax);
  CHECK(!ns("2262-04-11T23:47:16.854775808Z"));
  CHECK(!ns("0001-01-01T00:00:00Z"));
  CHECK(!ns("9999-12-31T23:59:59Z"));
  CHECK(ns("1969-12-31T23:59:59.999999999Z") == -1);
  CHECK(ns("1970-01-01T00:00:00Z") == 0);
}

TEST_CASE("an instant survives the way through nanoseconds") {
  const std::int64_t ns = GENERATE(std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, kMin,
                                   kMin + 1, kMax, std::int64_t{-1'000'000'000},
                                   std::int64_t{999'999'999});
  const Instant at = from_unix_ns(ns);
  CHECK(at.nanos >= 0);
  CHECK(at.nanos < 1'000'000'000);
  CHECK(to_unix_ns(at) == ns);
}

TEST_CASE("earlier instants are less") {
  CHECK(Instant{1, 999'999'999} < Instant{2, 0});
  CHECK(Instant{-1, 5} < Instant{-1, 6});
}
