#include "core/event/instant.h"

#include <algorithm>
#include <array>

#include "core/event/rfc3339.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kDaysFromYear1 = 719'162;  // from 0001-01-01

struct Date {
  std::int64_t year, month, day;
};

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// The date so many days (>= 0) after 0001-01-01.
Date date_of(std::int64_t days) {
  constexpr std::int64_t kDaysIn400 = 146'097, kDaysIn100 = 36'524, kDaysIn4 = 1'461;
  const auto at_most_3 = [](std::int64_t n) { return n < 3 ? n : 3; };
  std::int64_t year = 1 + days / kDaysIn400 * 400;
  days %= kDaysIn400;
  const std::int64_t centuries = at_most_3(days / kDaysIn100);  // the fourth is a day longer
  days -= centuries * kDaysIn100;
  const std::int64_t fours = days / kDaysIn4;
  days %= kDaysIn4;
  const std::int64_t years = at_most_3(days / 365);  // so is the fourth year
  days -= years * 365;
  year += centuries * 100 + fours * 4 + years;

  const bool leap = years == 3 && (fours != 24 || centuries == 3);
  const std::array<int, 12> lengths = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::size_t month = 0;
  while (days >= lengths[month]) days -= lengths[month++];
  return {year, static_cast<std::int64_t>(month) + 1, days + 1};
}

/// REQUIRES: `number` has at most so many digits, and is not negative.
void append_padded(std::string& out, std::int64_t number, std::size_t width) {
  out.append(width, '0');
  for (std::size_t at = out.size(); number > 0; number /= 10) {
    out[--at] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
  Instant at;
  if (read_rfc3339(text, at) != Rfc3339::kInstant) return std::nullopt;
  return at;
}

std::string format_rfc3339(Instant at) {
  constexpr std::int64_t kFirst = -62'135'596'800, kLast = 253'402'300'799;  // 0001-01-01, 9999-12-31T23:59:59
  at = {std::clamp(at.seconds, kFirst, kLast), std::clamp(at.nanos, decltype(at.nanos){0}, decltype(at.nanos){999'999'999})};
  const std::int64_t days = floor_div(at.seconds, kSecondsPerDay);
  const std::int64_t second = at.seconds - days * kSecondsPerDay;
  const Date date = date_of(days + kDaysFromYear1);

  std::string out;
  append_padded(out, date.year, 4);
  append_padded(out += '-', date.month, 2);
  append_padded(out += '-', date.day, 2);
  append_padded(out += 'T', second / 3600, 2);
  append_padded(out += ':', second / 60 % 60, 2);
  append_padded(out += ':', second % 60, 2);
  if (at.nanos != 0) {
    append_padded(out += '.', at.nanos, 9);
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out += 'Z';
}

std::optional<std::int64_t> to_unix_ns(Instant at) {
  std::int64_t seconds = at.seconds;
  std::int64_t nanos = at.nanos;
  if (seconds < 0) {  // the product alone would leave 64 bits one second before the sum does
    seconds += 1;
    nanos -= kNsPerSecond;
  }
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(seconds, kNsPerSecond, &ns)) return std::nullopt;
  if (__builtin_add_overflow(ns, nanos, &ns)) return std::nullopt;
  return ns;
}

Instant from_unix_ns(std::int64_t ns) {
  const std::int64_t seconds = floor_div(ns, kNsPerSecond);
  // Not ns - seconds * 10^9: that product leaves 64 bits in the first second of the range.
  const std::int64_t rest = ns % kNsPerSecond;
  return {seconds, static_cast<std::int32_t>(rest < 0 ? rest + kNsPerSecond : rest)};
}

}  // namespace mlmon
