#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <limits>
#include <mlmon/text.h>
#include <mlmon/text.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

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

std::string in_c(double value) {
  char out[mlmon_number_room];
  return {out, mlmon_format_number(value, out)};
}

TEST_CASE("text: numbers, fixed digits and times are the same in C") {
  std::mt19937_64 random(7);
  const auto check = [](double value) {
    const std::string expected = format_number(value);
    if (in_c(value) != expected) FAIL_CHECK(in_c(value) << " is not " << expected);
  };
  for (const double value : {0.0, -0.0, std::nan(""), HUGE_VAL, 1e16, 1e17, 1e5, 1e22, 0.00012, 1e-5, 5e-324}) check(value);
  for (int exponent = -1074; exponent < 1024; ++exponent) {  // below a power of two the doubles are closer
    const double power = std::ldexp(1.0, exponent);
    for (const double value : {power, std::nextafter(power, 0), std::nextafter(power, INFINITY)}) check(-value);
  }
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    double any = 0;
    std::memcpy(&any, &bits, sizeof any);
    check(any);
    check(static_cast<double>(bits));
    check(static_cast<double>(bits % 1'000'000) / 1e4);
    char time[mlmon_time_room], fixed[32];
    const auto ns = static_cast<std::int64_t>(bits);
    if (std::string(time, mlmon_format_time(ns, time)) != format_time(ns)) FAIL_CHECK(format_time(ns));
    const double share = static_cast<double>(bits % 4000) / 4000;
    CHECK(std::string(fixed, mlmon_format_fixed(share, 3, fixed, sizeof fixed)) == format_fixed(share, 3));
  }
}

TEST_CASE("text: digits that have no room are not written in C") {
  char out[8] = "before";
  CHECK(mlmon_format_fixed(1234.5, 2, out, 7) == 7);
  CHECK(std::string(out) == "before");
  CHECK(mlmon_format_fixed(1234.5, 2, out, 8) == 7);
  CHECK(std::string(out) == "1234.50");
}

void fill(mlmon_fields& fields) {
  mlmon_fields_text(&fields, "a\"b", mlmon_str_of("c\\\n\x01\x7f/ä"));
  mlmon_fields_number(&fields, "n", 0.1 + 0.2);
  mlmon_fields_number(&fields, "absent", NAN);
  mlmon_fields_integer(&fields, "i", INT64_MIN);
  mlmon_fields_flag(&fields, "f", 1);
  mlmon_fields_json(&fields, "j", mlmon_str_of("[1]"));
}

TEST_CASE("text: fields are the same in C") {
  char room[200];
  mlmon_fields fields = mlmon_fields_in(room, sizeof room);
  CHECK(std::string(fields.json) == "{}");
  fill(fields);
  Fields expected;
  expected.text("a\"b", "c\\\n\x01\x7f/ä").number("n", 0.1 + 0.2).integer("i", INT64_MIN).flag("f", true);
  CHECK(std::string(fields.json) == expected.json("j", "[1]").str());
  CHECK(mlmon_fields_str(&fields).len == expected.str().size());
  CHECK(fields.full == 0);
}

TEST_CASE("text: fields in too little room are the first ones in C, and nothing is written behind it") {
  char whole[200];
  mlmon_fields all = mlmon_fields_in(whole, sizeof whole);
  fill(all);
  std::size_t members = 0;
  for (std::size_t size = 3; size <= all.len + 1; ++size) {
    std::string room(size + 8, '#');
    mlmon_fields fields = mlmon_fields_in(room.data(), size);
    fill(fields);
    CHECK(room.substr(size) == "########");
    CHECK(room[fields.len] == '\0');
    const auto json = nlohmann::ordered_json::parse(room.substr(0, fields.len));
    CHECK(json.size() >= members);
    members = json.size();
    CHECK((fields.full == 0) == (size == all.len + 1));
  }
  CHECK(members == 5);
}

}  // namespace
}  // namespace mlmon
