#include "core/text/json_number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <system_error>

#include "core/text/digit.h"
#include "core/text/word.h"

namespace mlmon {
namespace {

constexpr std::array<std::uint64_t, 20> kPowersOfTen = [] {
  std::array<std::uint64_t, 20> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// All that are doubles themselves.
constexpr std::array<double, 23> kExactPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

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
inline bool round_once(const Decimal& decimal, double& value) {
  constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
  if (decimal.mantissa > kExact || decimal.exponent < -22 || decimal.exponent > 22) return false;
  value = static_cast<double>(static_cast<std::int64_t>(decimal.mantissa));
  if (decimal.exponent < 0) {
    value /= kExactPowers[static_cast<std::size_t>(-decimal.exponent)];
  } else {
    value *= kExactPowers[static_cast<std::size_t>(decimal.exponent)];
  }
  return true;
}

/// Divides mantissa by power of ten as integers, to at least 63 bits; then one rounding is left, to
/// which the last bit tells whether there was a remainder. Takes all 17 digits that a fraction may
/// need to be the same double again.
bool divide(const Decimal& decimal, double& value) {
  __extension__ typedef unsigned __int128 Wide;
  if (decimal.exponent < -19 || decimal.exponent > 0 || decimal.mantissa == 0) return false;
  const std::uint64_t power = kPowersOfTen[static_cast<std::size_t>(-decimal.exponent)];
  const int up = std::countl_zero(decimal.mantissa);
  const int down = std::countl_zero(power);
  const Wide dividend = Wide{decimal.mantissa << up} << 63;
  const std::uint64_t divisor = power << down;
  auto quotient = static_cast<std::uint64_t>(dividend / divisor);
  if (static_cast<std::uint64_t>(dividend) != quotient * divisor) quotient |= 1;
  const auto exponent = static_cast<std::uint64_t>(1023 - 63 - up + down);
  value = static_cast<double>(quotient) * std::bit_cast<double>(exponent << 52);
  return true;
}

inline bool to_double_exactly(const Decimal& decimal, double& value) {
  if (decimal.digits > 19) return false;
  if (decimal.mantissa == 0) {
    value = 0;
    return true;
  }
  if (!round_once(decimal, value) && !divide(decimal, value)) return false;
  if (decimal.negative) value = -value;
  return true;
}

/// The number that eight digit values denote, the first in the lowest byte: pairs, fours, all.
std::uint64_t eight_digits(std::uint64_t values) {
  values = (values * 10 + (values >> 8)) & 0x00FF00FF00FF00FF;
  values = (values * 100 + (values >> 16)) & 0x0000FFFF0000FFFF;
  return (values * 10'000 + (values >> 32)) & 0xFFFFFFFF;
}

/// Digits, eight at a time.
inline const char* scan_digits(std::uint64_t& mantissa, const char* at) {
  for (;; at += 8) {
    const std::uint64_t values = digit_values(load_word(at));
    const std::uint64_t end = not_digits(values);
    if (end == 0) {
      mantissa = mantissa * kPowersOfTen[8] + eight_digits(values);
      continue;
    }
    const auto count = static_cast<std::size_t>(std::countr_zero(end)) / 8;
    if (count == 0) return at;
    mantissa = mantissa * kPowersOfTen[count] + eight_digits(values << (64 - 8 * count));
    return at + count;
  }
}

/// Sign, digits and fraction; null: they begin no JSON number.
inline const char* scan_decimal(const char* at, Decimal& decimal) {
  decimal.negative = *at == '-';
  if (decimal.negative) ++at;
  const char* const whole = at;
  for (; is_digit(*at); ++at) {  // mostly one
    decimal.mantissa = decimal.mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  if (at == whole || (*whole == '0' && at - whole > 1)) return nullptr;
  decimal.digits = at - whole;
  if (*at != '.') return at;
  const char* const fraction = ++at;
  at = scan_digits(decimal.mantissa, at);
  decimal.digits += at - fraction;
  decimal.exponent = fraction - at;
  return at > fraction ? at : nullptr;
}

bool begins_exponent(char c) { return c == 'e' || c == 'E'; }

/// Null: an exponent without digits.
const char* skip_exponent(const char* at) {
  if (!begins_exponent(*at)) return at;
  ++at;
  if (*at == '-' || *at == '+') ++at;
  std::uint64_t ignored = 0;
  const char* const end = scan_digits(ignored, at);
  return end > at ? end : nullptr;
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

const char* read_json_number(const char* at, double& value) {
  const char* const begin = at;
  Decimal decimal;
  at = scan_decimal(at, decimal);
  if (at == nullptr) return nullptr;
  if (!begins_exponent(*at) && to_double_exactly(decimal, value)) return at;
  at = skip_exponent(at);
  if (at == nullptr) return nullptr;
  const std::string_view literal(begin, static_cast<std::size_t>(at - begin));
  return to_double(literal, value) ? at : nullptr;
}

const char* skip_json_number(const char* at) {
  Decimal decimal;
  at = scan_decimal(at, decimal);
  return at != nullptr ? skip_exponent(at) : nullptr;
}

const char* read_json_count(const char* at, std::int64_t& value) {
  std::uint64_t count = 0;
  const char* const end = scan_digits(count, at);
  if (end == at || end - at > 18 || (*at == '0' && end - at > 1)) return nullptr;
  value = static_cast<std::int64_t>(count);
  return end;
}

}  // namespace mlmon
