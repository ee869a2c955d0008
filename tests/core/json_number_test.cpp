#include "core/text/json_number.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

using namespace mlmon;

namespace {

constexpr double kTooLarge = std::numeric_limits<double>::infinity();

double number(const std::string& literal) {
  double value = -7;
  return to_double(literal, value) ? value : kTooLarge;
}

}  // namespace

TEST_CASE("a number is the nearest double") {
  CHECK(number("0.1") == 0.1);
  CHECK(number("-12.50e-2") == -0.125);
  CHECK(number("1E+2") == 100);
  CHECK(number("9007199254740993") == 9007199254740992.0);
  CHECK(number("0.30000000000000004") == 0.1 + 0.2);
  CHECK(number("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK(number("123456789012345678901234567890") == 123456789012345678901234567890.0);
  CHECK(number("0.1000000000000000055511151231257827") == 0.1);
  CHECK(number("1e23") == 1e23);
}

TEST_CASE("what is too small is 0 and what is too large is told") {
  CHECK(number("5e-324") == 5e-324);
  CHECK(number("3e-324") == 5e-324);
  CHECK(number("2e-324") == 0);
  CHECK(number("1e-400") == 0);
  CHECK(number("-1e-400") == 0);
  CHECK(number("1e-99999999999999999999999") == 0);
  CHECK(number("0e99999999999999999999999") == 0);
  CHECK(number("0." + std::string(400, '0') + "e999999999999999999") == 0);
  CHECK(number("1e400") == kTooLarge);
  CHECK(number("-1e400") == kTooLarge);
  CHECK(number("1.7976931348623159e308") == kTooLarge);
  CHECK(number("1e99999999999999999999999") == kTooLarge);
  CHECK(number(std::string(400, '9')) == kTooLarge);
}

TEST_CASE("long mantissas and large exponents make up for each other") {
  CHECK(number("0." + std::string(400, '0') + "1e401") == 1);
  CHECK(number("1" + std::string(400, '0') + "e-400") == 1);
}

TEST_CASE("zero has no sign") {
  CHECK(!std::signbit(number("-0")));
  CHECK(!std::signbit(number("-0.0e5")));
  CHECK(!std::signbit(number("-1e-400")));
}

TEST_CASE("random decimals are what strtod makes of them") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 50'000; ++i) {
    std::string literal = std::to_string(random() >> random() % 64);
    if (random() % 2) literal += "." + std::to_string(random() >> random() % 64);
    if (random() % 2) literal += "e" + std::to_string(static_cast<int>(random() % 660) - 330);
    const double expected = std::strtod(literal.c_str(), nullptr);
    if (number(literal) != expected) FAIL(literal);
  }
}

TEST_CASE("fractions of up to 19 digits, and those halfway between two doubles, are rounded once") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200'000; ++i) {
    std::string literal = std::to_string(random() >> random() % 20).substr(0, 19);
    literal.insert(1 + random() % literal.size(), ".");
    if (literal.back() == '.') literal += '5';
    if (number(literal) != std::strtod(literal.c_str(), nullptr)) FAIL(literal);
  }
  CHECK(number("4503599627370496.5") == 4503599627370496);
  CHECK(number("4503599627370496.51") == 4503599627370497);
  CHECK(number("4503599627370497.5") == 4503599627370498);
  CHECK(number("4503599627370497.49") == 4503599627370497);
  CHECK(number("9007199254740993.0") == 9007199254740992);
  CHECK(number("9007199254740993.01") == 9007199254740994);
}

TEST_CASE("a number at the front of a text is read as far as it goes") {
  const auto length = [](const std::string& text, auto read) -> std::ptrdiff_t {
    const std::string padded = text + "\n0123456";
    const char* const end = read(padded.data());
    return end != nullptr ? end - padded.data() : -1;
  };
  double value = 0;
  const auto read = [&](const char* at) { return read_json_number(at, value); };
  for (const std::string good :
       {"0", "-0", "7", "-12.5", "0.125", "1e5", "1E+05", "2.5e-3", "12345678", "0.1234567812345678",
        "123456789012345678901234567890", "0.0000000000000000000000001", "1e-400", "8e-1"}) {
    for (const std::string rest : {"", ",", "}", " ", "x", "-", "\"", "e", ".e"}) {
      const std::string text = good + rest;
      const bool cut = rest[0] == 'e' || rest[0] == '.';  // then it is no number at all, or goes on
      INFO(text);
      if (cut && good.find_first_of(".eE") != std::string::npos) continue;
      const std::ptrdiff_t expected = cut ? -1 : static_cast<std::ptrdiff_t>(good.size());
      CHECK(length(text, read) == expected);
      if (!cut) CHECK(value == number(good));
      CHECK(length(text, skip_json_number) == expected);
    }
  }
  for (const std::string bad : {"", "-", "+1", ".5", "00", "01", "-01", "1.", "1.x", "1e", "1e+", "NaN", "\"1\""}) {
    INFO(bad);
    CHECK(length(bad, read) == -1);
    CHECK(length(bad, skip_json_number) == -1);
  }
  CHECK(length("1e400", read) == -1);
  CHECK(length("1e400", skip_json_number) == 5);
}

TEST_CASE("random numbers at the front of a text are what they are as literals") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string literal = std::to_string(random() >> random() % 64);
    if (random() % 2) literal.insert(0, "-");
    if (random() % 2) literal += "." + std::string(random() % 12, '0') + std::to_string(random() >> random() % 64);
    if (random() % 4 == 0) literal += "e" + std::to_string(static_cast<int>(random() % 660) - 330);
    const std::string text = literal + ",1234567";
    double value = kTooLarge;
    const char* const end = read_json_number(text.data(), value);
    const double expected = number(literal);
    if (expected == kTooLarge ? end != nullptr : value != expected || end != text.data() + literal.size()) {
      FAIL(literal);
    }
    CHECK(skip_json_number(text.data()) == text.data() + literal.size());
  }
}

TEST_CASE("a count has up to 18 digits and nothing else") {
  std::int64_t value = -1;
  const auto read = [&](const std::string& text) {
    const std::string padded = text + ",1234567";
    return read_json_count(padded.data(), value) == padded.data() + text.size();
  };
  CHECK(read("0"));
  CHECK(value == 0);
  CHECK(read("999999999999999999"));
  CHECK(value == 999'999'999'999'999'999);
  for (const char* const bad : {"", "-0", "-1", "01", "1000000000000000000", "1.0", "1e2", "x"}) CHECK_FALSE(read(bad));
}

TEST_CASE("integers are taken up to the ends of 64 bits") {
  std::int64_t value = 0;
  CHECK(to_int64("9223372036854775807", value));
  CHECK(value == std::numeric_limits<std::int64_t>::max());
  CHECK(!to_int64("9223372036854775808", value));
  CHECK(to_int64("-9223372036854775808", value));
  CHECK(!to_int64(std::string(30, '1'), value));
  CHECK(to_int64("-0", value));
  CHECK(value == 0);
}
