#include "core/event/rfc3339.h"

#include <array>

#include "core/text/word.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kDaysFromYear0 = 719'528;            // from 0000-01-01, proleptic Gregorian
constexpr std::int64_t kFirstSecond = -62'135'596'800;   // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;    // 9999-12-31T23:59:59Z

constexpr bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(int year, int month) {
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month == 2 && is_leap(year)) return 29;
  return kDays[static_cast<std::size_t>(month)];
}

std::int64_t days_since_1970(int year, int month, int day) {
  constexpr std::array<int, 13> kBefore = {0,   0,   31,  59,  90,  120, 151,
                                           181, 212, 243, 273, 304, 334};
  const int last = year - 1;
  const int leap_days = year > 0 ? 1 + last / 4 - last / 100 + last / 400 : 0;  // year 0 is one
  const int leap_day = month > 2 && is_leap(year) ? 1 : 0;
  const int in_year = kBefore[static_cast<std::size_t>(month)] + leap_day;
  return 365LL * year + leap_days + in_year + (day - 1) - kDaysFromYear0;
}

/// `YYYY-MM-DDThh:mm:ss`, not yet checked for days that there are.
struct DateTime {
  int year, month, day, hour, minute, second;
};

/// Reads 19 bytes as three words: digits become their values, the marks between them 0, and pairs of
/// digits are joined all at once.
bool read_date_time(const char* at, DateTime& out) {
  constexpr std::uint64_t kYearMonth = 0xFF0000FF00000000;   // the marks of "YYYY-MM-"
  constexpr std::uint64_t kTime = 0x0000FF0000FF0000;        // of "hh:mm:ss"
  const std::uint64_t date = load_word(at) ^ load_word("0000-00-");
  const std::uint64_t day = (load_word(at + 8) & 0xFFFF) ^ (word_of('0') & 0xFFFF);
  const std::uint64_t time = load_word(at + 11) ^ load_word("00:00:00");
  const bool digits = (not_digits(date) | not_digits(day) | not_digits(time)) == 0;
  const bool marks = (date & kYearMonth) == 0 && (time & kTime) == 0;
  if (!digits || !marks) return false;
  const auto pair = [](std::uint64_t values, int first) {
    return static_cast<int>(((values * 10 + (values >> 8)) >> (8 * first)) & 0xFF);
  };
  out = {pair(date, 0) * 100 + pair(date, 2), pair(date, 5), pair(day, 0),
         pair(time, 0), pair(time, 3), pair(time, 6)};
  return true;
}

/// Reads from the front of a text; once anything is missing, ok() is false for good.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return text_.empty(); }
  bool next_is(char c) const { return !text_.empty() && text_[0] == c; }

  /// Exactly so many digits.
  int digits(std::size_t count) {
    if (text_.size() < count) return fail();
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(text_[i])) return fail();
      number = number * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return number;
  }

  /// One of the two characters.
  char one_of(char a, char b) {
    if (text_.empty() || (text_[0] != a && text_[0] != b)) return static_cast<char>(fail());
    const char found = text_[0];
    text_.remove_prefix(1);
    return found;
  }
  void expect(char c) { one_of(c, c); }

  /// One to nine digits, as billionths.
  std::int32_t fraction() {
    std::int32_t nanos = 0;
    std::int32_t unit = 100'000'000;
    std::size_t i = 0;
    for (; i < text_.size() && is_digit(text_[i]); ++i) {
      nanos += (text_[i] - '0') * unit;
      unit /= 10;
    }
    if (i == 0 || i > 9) return fail();
    text_.remove_prefix(i);
    return nanos;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  int fail() {
    ok_ = false;
    return 0;
  }

  std::string_view text_;
  bool ok_ = true;
};

/// The zone in seconds east of UTC.
int read_zone(Reader& in, bool lenient) {
  if (lenient && in.at_end()) return 0;
  if (in.next_is('Z') || in.next_is('z')) {
    in.one_of('Z', 'z');
    return 0;
  }
  const char sign = in.one_of('+', '-');
  const int hour = in.digits(2);
  const bool hour_only = lenient && in.at_end();
  if (!hour_only && (!lenient || in.next_is(':'))) in.expect(':');
  const int minute = hour_only ? 0 : in.digits(2);
  if (hour > 23 || minute > 59) in.expect('\0');
  const int east = (hour * 60 + minute) * 60;
  return sign == '-' ? -east : east;
}

}  // namespace

Rfc3339 read_rfc3339(std::string_view text, Instant& at, TimeRule rule) {
  constexpr std::size_t kDateTime = 19;
  const bool lenient = rule == TimeRule::kLenient;
  DateTime read{};
  if (text.size() < kDateTime || !read_date_time(text.data(), read)) return Rfc3339::kNotATime;
  const bool separated = (text[10] | 0x20) == 't' || (lenient && text[10] == ' ');
  if (!separated) return Rfc3339::kNotATime;
  const auto [year, month, day, hour, minute, second] = read;
  Reader in(text.substr(kDateTime));
  std::int32_t nanos = 0;
  if (in.next_is('.')) {
    in.expect('.');
    nanos = in.fraction();
  }
  const int zone = read_zone(in, lenient);
  if (!in.ok() || !in.at_end()) return Rfc3339::kNotATime;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) {
    return Rfc3339::kNotATime;
  }
  if (day > 28 && day > days_in_month(year, month)) return Rfc3339::kNotATime;

  const std::int64_t seconds = days_since_1970(year, month, day) * kSecondsPerDay +
                               (hour * 60 + minute) * 60 + second - zone;
  if (seconds < kFirstSecond || seconds > kLastSecond) return Rfc3339::kOutsideOfYears;
  at = {seconds, nanos};
  return Rfc3339::kInstant;
}

}  // namespace mlmon
