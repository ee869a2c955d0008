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
