// mlmon/text.hpp - writing text: figures, times, and the fields of an action.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

/// The shortest text that reads back as the same double: "0.71", "5e-05". Valid JSON if finite.
inline std::string format_number(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// With exactly so many digits (at most 20) behind the point, rounded to nearest: "0.310".
inline std::string format_fixed(double value, int digits) {
  char text[340];  // the largest double has 309 digits before the point
  return {text,
          std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr};
}

/// Nanoseconds since 1970 as RFC 3339 in UTC, with `Z` and the digits of a second that it needs.
inline std::string format_time(std::int64_t ns) {
  constexpr std::int64_t second = 1000000000, day = 86400;
  const std::int64_t nanos = (ns % second + second) % second;
  const std::int64_t seconds = ns / second - (ns % second < 0 ? 1 : 0);
  const std::int64_t of_day = (seconds % day + day) % day;

  // Civil date from days in eras of 400 years that begin on 1 March
  // (howardhinnant.github.io/date_algorithms.html); year 0 begins 719,468 days before 1970.
  const std::int64_t days = (seconds - of_day) / day + 719468;
  const std::int64_t era = days / 146097, of_era = days % 146097;
  const std::int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t from_march = (5 * of_year + 2) / 153;
  const std::int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;

  std::string out;
  const auto add = [&out](std::int64_t number, std::size_t width, const char* behind) {
    const std::string digits = std::to_string(number);
    out.append(width - digits.size(), '0').append(digits).append(behind);
  };
  add(era * 400 + year + (month <= 2 ? 1 : 0), 4, "-");
  add(month, 2, "-");
  add(of_year - (153 * from_march + 2) / 5 + 1, 2, "T");
  add(of_day / 3600, 2, ":");
  add(of_day / 60 % 60, 2, ":");
  add(of_day % 60, 2, "");
  if (nanos != 0) {
    out += '.';
    add(nanos, 9, "");
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out += 'Z';
}

/// None of eight characters is escaped in JSON. A byte of the word below becomes 0 or less for one that is
/// (graphics.stanford.edu/~seander/bithacks.html#HasLessInWord).
inline bool plain_in_json(const char* eight) {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const auto below = [](std::uint64_t bytes, std::uint64_t limit) {
    return (bytes - ones * limit) & ~bytes & (ones << 7);
  };
  return (below(word, 0x20) | below(word ^ ones * '"', 1) | below(word ^ ones * '\\', 1)) == 0;
}

/// Appends the text as a JSON string, with its quotes.
inline void append_quoted(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (text.size() - i > 8 && plain_in_json(text.data() + i)) i += 8;
    const char c = text[i];
    const unsigned byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      ((out += "\\u00") += hex[byte >> 4]) += hex[byte & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

/// Builds the further members of an action, one JSON object, in the order of the calls. Text is
/// UTF-8.
class Fields {
 public:
  Fields() { out_.reserve(512); }  // most alerts have room there
  Fields& text(std::string_view name, std::string_view value) {
    begin(name);
    append_quoted(out_, value);
    return end();
  }

  /// Left out when it is absent (NaN) or infinite.
  Fields& number(std::string_view name, double value) {
    return std::isfinite(value) ? json(name, format_number(value)) : *this;
  }

  Fields& integer(std::string_view name, std::int64_t value) {
    return json(name, std::to_string(value));
  }
  Fields& flag(std::string_view name, bool value) { return json(name, value ? "true" : "false"); }

  /// All members of the other one.
  Fields& members(const Fields& other) {
    if (other.out_.size() == 2) return *this;
    out_.pop_back();
    if (out_.size() > 1) out_ += ',';
    out_.append(other.out_, 1, std::string::npos);
    return *this;
  }

  /// A value that is JSON already.
  Fields& json(std::string_view name, std::string_view value) {
    begin(name);
    out_ += value;
    return end();
  }

  /// The object; always complete.
  const std::string& str() const { return out_; }

 private:
  void begin(std::string_view name) {
    out_.pop_back();
    if (out_.size() > 1) out_ += ',';
    append_quoted(out_, name);
    out_ += ':';
  }

  Fields& end() {
    out_ += '}';
    return *this;
  }

  std::string out_ = "{}";
};

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
