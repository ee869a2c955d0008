#include "core/text/json_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace mlmon {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A number as mantissa * 10^exponent.
struct Decimal {
  std::uint64_t mantissa = 0;  // right only up to 19 digits
  std::int64_t digits = 0;     // as written, leading zeros counted
  std::int64_t exponent = 0;
  bool negative = false;
};

/// An exponent of many digits is cut short, far beyond what a mantissa can make up for.
std::int64_t read_exponent(const char* at, const char* end) {
  constexpr std::int64_t kEnough = std::int64_t{1} << 50;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  std::int64_t exponent = 0;
  for (; at < end; ++at) exponent = std::min(exponent * 10 + (*at - '0'), kEnough);
  return negative ? -exponent : exponent;
}

const char* append_digits(std::uint64_t& mantissa, const char* at, const char* end) {
  for (; at < end && is_digit(*at); ++at) {
    mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  return at;
}

Decimal read_decimal(std::string_view literal) {
  const char* at = literal.data();
  const char* const end = at + literal.size();
  Decimal decimal;
  decimal.negative = *at == '-';
  if (decimal.negative) ++at;
  const char* const whole = at;
  at = append_digits(decimal.mantissa, at, end);
  decimal.digits = at - whole;
  if (at < end && *at == '.') {
    const char* const fraction = ++at;
    at = append_digits(decimal.mantissa, at, end);
    decimal.digits += at - fraction;
    decimal.exponent = fraction - at;
  }
  if (at < end) decimal.exponent += read_exponent(at + 1, end);
  return decimal;
}

/// Whether a number that is no double is too large, not too small: whether it is at least 1.
bool is_large(std::string_view literal, const Decimal& decimal) {
  std::int64_t leading_zeros = 0;
  for (const char c : literal) {
    if (c == '0') ++leading_zeros;
    if (is_digit(c) && c != '0') break;
  }
  return decimal.digits - leading_zeros + decimal.exponent > 0;
}

/// Mantissa and power of ten are exact doubles, so that one rounding gives the nearest double
/// (W. D. Clinger, "How to read floating point numbers accurately", 1990).
bool to_double_exactly(const Decimal& decimal, double& value) {
  constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
  if (decimal.digits > 19 || decimal.mantissa > kExact) return false;
  if (decimal.mantissa == 0) {
    value = 0;
    return true;
  }
  if (decimal.exponent < -22 || decimal.exponent > 22) return false;
  value = static_cast<double>(decimal.mantissa);
  if (decimal.exponent < 0) {
    value /= kPowers[static_cast<std::size_t>(-decimal.exponent)];
  } else {
    value *= kPowers[static_cast<std::size_t>(decimal.exponent)];
  }
  if (decimal.negative) value = -value;
  return true;
}

}  // namespace

bool to_double(std::string_view literal, double& value) {
  const Decimal decimal = read_decimal(literal);
  if (to_double_exactly(decimal, value)) return true;

  const auto read = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  // Out of range is either end of it, and g++ 12 leaves the value alone.
  if (read.ec == std::errc::result_out_of_range) {
    value = 0;
    return !is_large(literal, decimal);
  }
  value += 0.0;  // -0 becomes 0
  return true;
}

bool to_int64(std::string_view literal, std::int64_t& value) {
  const char* const end = literal.data() + literal.size();
  return std::from_chars(literal.data(), end, value).ec == std::errc();
}

}  // namespace mlmon
