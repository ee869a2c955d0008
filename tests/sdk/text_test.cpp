#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <limits>
#include <mlmon/text.hpp>
#include <nlohmann/json.hpp>

namespace mlmon {
namespace {

TEST_CASE("text: times have as many digits of a second as they need") {
  CHECK(format_time(0) == "1970-01-01T00:00:00Z");
  CHECK(format_time(1'769'932'800'000'000'000) == "2026-02-01T08:00:00Z");
  CHECK(format_time(1'769'932'800'500'000'000) == "2026-02-01T08:00:00.5Z");
  CHECK(format_time(1'769'932'800'000'000'001) == "2026-02-01T08:00:00.000000001Z");
  CHECK(format_time(1'769'932'800'120'000'000) == "2026-02-01T08:00:00.12Z");
}

TEST_CASE("text: times before 1970 and the ends of 64 bits") {
  CHECK(format_time(-1) == "1969-12-31T23:59:59.999999999Z");
  CHECK(format_time(-1'000'000'000) == "1969-12-31T23:59:59Z");
  CHECK(format_time(INT64_MIN) == "1677-09-21T00:12:43.145224192Z");
  CHECK(format_time(INT64_MAX) == "2262-04-11T23:47:16.854775807Z");
}

TEST_CASE("text: every day of the range is the C library's") {
  for (std::int64_t day = -106'751; day <= 106'751; ++day) {
    const std::time_t seconds = day * 86'400 + 45'296;
    std::tm utc = {};
    gmtime_r(&seconds, &utc);
    char expected[32];
    std::strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (format_time(seconds * 1'000'000'000) != expected) FAIL(expected);
  }
}

TEST_CASE("text: numbers are the shortest that read back the same") {
  CHECK(format_number(0.71) == "0.71");
  CHECK(format_number(0) == "0");
  CHECK(format_number(1) == "1");
  CHECK(format_number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(format_number(1e-5) == "1e-05");
  CHECK(format_number(-std::numeric_limits<double>::max()) == "-1.7976931348623157e+308");
  CHECK(format_number(std::numeric_limits<double>::denorm_min()) == "5e-324");
}

TEST_CASE("text: fixed digits are rounded from the exact value") {
  CHECK(format_fixed(0.55, 2) == "0.55");
  CHECK(format_fixed(0.5999, 2) == "0.60");
  CHECK(format_fixed(0.125, 2) == "0.12");
  CHECK(format_fixed(0.31, 3) == "0.310");
  CHECK(format_fixed(0.012, 4) == "0.0120");
  CHECK(format_fixed(std::numeric_limits<double>::max(), 20).size() == 309 + 1 + 20);
}

TEST_CASE("text: fields are one JSON object in the order of the calls") {
  CHECK(Fields().str() == "{}");
  Fields fields;
  fields.text("a", "b").number("n", 0.5).integer("i", -3).flag("f", true).json("j", "[1]");
  CHECK(fields.str() == R"({"a":"b","n":0.5,"i":-3,"f":true,"j":[1]})");
}

TEST_CASE("text: absent and infinite figures are left out") {
  Fields fields;
  fields.number("a", NAN).number("b", INFINITY).number("c", 1).number("d", -INFINITY);
  CHECK(fields.str() == R"({"c":1})");
}

TEST_CASE("text: any text comes back from JSON as it was") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  all += "é€😀";
  Fields fields;
  fields.text(all, all);
  const auto json = nlohmann::json::parse(fields.str());
  CHECK(json[all] == all);
  CHECK(fields.str().find('\n') == std::string::npos);
}

}  // namespace
}  // namespace mlmon
