// mlmon/json.hpp - reading JSON: the configuration, and actions that are to be delivered.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "duration.hpp"
#include "text.hpp"

#pragma GCC visibility push(hidden)
namespace mlmon {
inline namespace v1 {

/// A text does not hold what was asked of it; what() begins with the place: "receivers[0].url:
/// …". Thrown out of a constructor it makes create() return MLMON_E_CONFIG.
struct config_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One JSON value, immutable, that knows its place in the whole for messages. Owns all of its
/// memory. The getters throw config_error where the value is missing or of another type; they
/// never name the value that they found, it may be a secret.
class Json {
 public:
  /// Reads one RFC 8259 text, nested at most 1,000 deep; of equal names the first counts. The text
  /// is taken to be valid UTF-8, as all text from the host is. Throws config_error.
  static Json parse(std::string_view text);

  /// parse(object).text(name), without making values of the other members: a small part of the work
  /// where no more is asked for. What else the object holds is not checked.
  static std::string text_in(std::string_view object, std::string_view name);

  /// parse(value).text() of a JSON string, without making a value.
  static std::string text_from(std::string_view value);

  /// Calls visit(name, value) at each member of an object in order, the value as the JSON that it is:
  /// parse() makes a value of it. What nobody parses is not checked. Throws config_error.
  template <class Visit>
  static void each_member(std::string_view object, const Visit& visit);

  // A member of an object. has() is false for null too.
  bool has(std::string_view name) const { return find(name) && find(name)->type_ != Type::null; }
  bool is_text(std::string_view name) const { return find(name) && find(name)->type_ == Type::text; }
  const Json& at(std::string_view name) const;
  double number(std::string_view name) const { return at(name).number(); }
  std::int64_t integer(std::string_view name) const { return at(name).integer(); }
  bool flag(std::string_view name) const { return at(name).flag(); }
  const std::string& text(std::string_view name) const { return at(name).text(); }
  std::optional<double> number_or_off(std::string_view name) const;  // nothing: it says false
  std::int64_t duration_ns(std::string_view name) const { return at(name).duration_ns(); }
  std::int64_t duration_ms(std::string_view name) const { return at(name).duration_ms(); }

  // The value itself.
  double number() const;
  std::int64_t integer() const;
  bool flag() const;
  std::int64_t duration_ns() const;  // of a string such as "30s"
  std::int64_t duration_ms() const { return duration_ns() / 1'000'000; }
  const std::string& text() const { return expect(Type::text, "a string").text_; }
  const std::vector<Json>& items() const { return expect(Type::array, "an array").items_; }
  const std::vector<std::string>& names() const { return expect(Type::object, "an object").names_; }
  const std::string& path() const { return path_; }

  bool is_text() const { return type_ == Type::text; }
  bool is_number() const { return type_ == Type::number; }
  bool is_array() const { return type_ == Type::array; }
  bool is_object() const { return type_ == Type::object; }

  /// The value as JSON again, without white space; a number as it was written.
  std::string dump() const;

 private:
  enum class Type : std::uint8_t { null, yes, no, number, text, array, object };
  class Reader;

  const Json* find(std::string_view name) const;
  const Json& expect(Type type, const char* what) const;
  [[noreturn]] void fail(const char* expected) const;

  Type type_ = Type::null;
  double number_ = 0;
  std::string path_;
  std::string text_;                // of a string; of a number as it was written
  std::vector<std::string> names_;  // of an object's members, whose values are items_
  std::vector<Json> items_;
};

/// Recursive descent; every function leaves at_ behind what it read.
class Json::Reader {
  static constexpr int kDepth = 1000;         // as the host allows in events
  static constexpr std::size_t kUsual = 8;  // members of an object

 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Json whole() {
    Json value;
    read(value, 0);
    skip_space();
    if (at_ != text_.size()) fail("nothing more");
    return value;
  }

  std::string text_of(std::string_view name) {
    Json value;
    const bool found = any_member([&](std::string_view member) {
      if (member != name) return pass(), false;
      value.path_ = member;
      return read(value, 1), true;
    });
    if (!found) throw config_error(std::string(name) + ": is missing");
    return value.text();
  }

  std::string text() {
    std::string buffer;
    skip_space();
    const std::string_view text = string_at(buffer);
    skip_space();
    if (at_ != text_.size()) fail("nothing more");
    return std::string(text);
  }

  template <class Visit>
  void each_member(const Visit& visit) {
    any_member([&](std::string_view name) {
      skip_space();
      const std::size_t begin = at_;
      pass();
      visit(name, text_.substr(begin, at_ - begin));
      return false;
    });
  }

 private:
  // Until `read`, which gets a name and goes behind the value, returns true; false: it never did.
  template <class Read>
  bool any_member(const Read& read) {
    if (!skip('{')) fail("an object");
    if (skip('}')) return false;
    std::string buffer;
    do {
      skip_space();
      const std::string_view name = string_at(buffer);
      if (!skip(':')) fail("':'");
      if (read(name)) return true;
    } while (skip(','));
    return false;
  }

  // Goes behind a value of valid JSON.
  void pass() {
    skip_space();
    int depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        pass_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (at_ < text_.size() && (depth > 0 || (peek() != ',' && peek() != '}')));
  }

  void pass_string() {
    do {
      at_ = text_.find('"', at_ + 1);
      if (at_ == text_.npos) at_ = text_.size(), fail("a string");
    } while (escaped(at_));
    ++at_;
  }

  // Behind an odd number of backslashes.
  bool escaped(std::size_t at) const {
    std::size_t begin = at;
    while (begin > 0 && text_[begin - 1] == '\\') --begin;
    return (at - begin) % 2 != 0;
  }

  // Into a value that has its path.
  void read(Json& value, int depth) {
    if (depth > kDepth) fail("less nesting");
    skip_space();
    const char c = peek();
    if (c == '{') {
      object(value, depth);
    } else if (c == '[') {
      array(value, depth);
    } else if (c == '"') {
      value.type_ = Type::text;
      string(value.text_);
    } else if (c == '-' || digit(c)) {
      number(value);
    } else {
      value.type_ = word("true") ? Type::yes : word("false") ? Type::no : Type::null;
      if (value.type_ == Type::null && !word("null")) fail("a value");
    }
  }

  void object(Json& value, int depth) {
    value.type_ = Type::object;
    ++at_;
    if (skip('}')) return;
    value.items_.reserve(kUsual);
    value.names_.reserve(kUsual);
    do {
      skip_space();
      std::string& name = value.names_.emplace_back();
      string(name);
      if (!skip(':')) fail("':'");
      Json& item = value.items_.emplace_back();
      if (!value.path_.empty()) item.path_.append(value.path_).append(1, '.');
      item.path_ += name;
      read(item, depth + 1);
    } while (skip(','));
    if (!skip('}')) fail("',' or '}'");
  }

  void array(Json& value, int depth) {
    value.type_ = Type::array;
    ++at_;
    if (skip(']')) return;
    do {
      std::string path = value.path_ + "[" + std::to_string(value.items_.size()) + "]";
      Json& item = value.items_.emplace_back();
      item.path_ = std::move(path);
      read(item, depth + 1);
    } while (skip(','));
    if (!skip(']')) fail("',' or ']'");
  }

  void number(Json& value) {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else {
      digits();
    }
    if (peek() == '.') ++at_, digits();
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    value.type_ = Type::number;
    value.text_ = text_.substr(begin, at_ - begin);
    const char* end = value.text_.data() + value.text_.size();
    // One that nobody asks for may be of any size: only number() refuses it.
    if (std::from_chars(value.text_.data(), end, value.number_).ec != std::errc()) {
      value.number_ = std::numeric_limits<double>::quiet_NaN();
    }
  }

  // The text of a string: a view of the JSON where nothing is escaped, else of the buffer.
  std::string_view string_at(std::string& buffer) {
    if (peek() == '"') {
      const std::size_t begin = at_ + 1, end = after_plain(begin);
      if (end < text_.size() && text_[end] == '"') {
        at_ = end + 1;
        return text_.substr(begin, end - begin);
      }
    }
    buffer.clear();
    string(buffer);
    return buffer;
  }

  void string(std::string& out) {
    if (peek() != '"') fail("a string");
    for (++at_;; ++at_) {
      const std::size_t plain = at_;
      at_ = after_plain(at_);
      out.append(text_, plain, at_ - plain);
      if (peek() == '"') break;
      if (peek() != '\\') fail("a string without control characters");
      ++at_;
      escape(out);
    }
    ++at_;
  }

  // Behind the characters that stand for themselves.
  std::size_t after_plain(std::size_t at) const {
    while (text_.size() >= at + 8 && plain_in_json(text_.data() + at)) at += 8;
    while (at < text_.size() && !special(text_[at])) ++at;
    return at;
  }

  static bool special(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  }

  // Leaves at_ on the last character of the escape.
  void escape(std::string& out) {
    constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    if (peek() != 'u') {
      const std::size_t i = from.find(peek());
      if (i == from.npos) fail("an escape");
      out += to[i];
      return;
    }
    std::uint32_t code = hex4();
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_ + 1, 2) == "\\u") {
      at_ += 2;
      const std::uint32_t low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) fail("the second half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xD800 && code < 0xE000) {
      fail("a surrogate pair");
    }
    append_utf8(out, code);
  }

  // From the u of \uXXXX to its last digit.
  std::uint32_t hex4() {
    std::uint32_t code = 0;
    const std::string_view four = text_.substr(at_ + 1 < text_.size() ? at_ + 1 : at_, 4);
    const auto [end, error] = std::from_chars(four.data(), four.data() + four.size(), code, 16);
    if (error != std::errc() || end != four.data() + 4) fail("four hexadecimal digits");
    at_ += 4;
    return code;
  }

  static void append_utf8(std::string& out, std::uint32_t code) {
    const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xC0 | code >> 6), add(0x80 | (code & 63));
    } else if (code < 0x10000) {
      add(0xE0 | code >> 12), add(0x80 | (code >> 6 & 63)), add(0x80 | (code & 63));
    } else {
      add(0xF0 | code >> 18), add(0x80 | (code >> 12 & 63));
      add(0x80 | (code >> 6 & 63)), add(0x80 | (code & 63));
    }
  }

  static bool digit(char c) { return c >= '0' && c <= '9'; }

  void digits() {
    if (!digit(peek())) fail("a digit");
    while (digit(peek())) ++at_;
  }

  // NUL at the end: no rule above takes one.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  bool skip(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  bool word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  [[noreturn]] void fail(const char* expected) const {
    throw config_error("JSON, byte " + std::to_string(at_) + ": expected " + expected);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline Json Json::parse(std::string_view text) { return Reader(text).whole(); }

inline std::string Json::text_in(std::string_view object, std::string_view name) {
  return Reader(object).text_of(name);
}

inline std::string Json::text_from(std::string_view value) { return Reader(value).text(); }

template <class Visit>
void Json::each_member(std::string_view object, const Visit& visit) {
  Reader(object).each_member(visit);
}

inline const Json* Json::find(std::string_view name) const {
  expect(Type::object, "an object");
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return &items_[i];
  }
  return nullptr;
}

inline const Json& Json::at(std::string_view name) const {
  if (const Json* member = find(name)) return *member;
  throw config_error((path_.empty() ? "" : path_ + ".") + std::string(name) + ": is missing");
}

inline std::optional<double> Json::number_or_off(std::string_view name) const {
  const Json& value = at(name);
  if (value.type_ == Type::no) return std::nullopt;
  return value.expect(Type::number, "a number or false").number_;
}

inline double Json::number() const {
  const double value = expect(Type::number, "a number").number_;
  if (value != value) fail("a number within the range of a double");
  return value;
}

inline std::int64_t Json::integer() const {
  std::int64_t value = 0;
  const std::string& digits = expect(Type::number, "an integer").text_;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) fail("an integer of 64 bits");
  return value;
}

inline bool Json::flag() const {
  if (type_ != Type::yes && type_ != Type::no) fail("true or false");
  return type_ == Type::yes;
}

inline std::int64_t Json::duration_ns() const {
  const auto ns = parse_duration_ns(text());
  if (!ns) throw config_error(path_ + ": expected a duration such as \"30s\"");
  return *ns;
}

inline std::string Json::dump() const {
  std::string out;
  if (is_text()) {
    append_quoted(out, text_);
  } else if (is_number()) {
    out = text_;
  } else if (is_object() || is_array()) {
    out += is_object() ? '{' : '[';
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (i > 0) out += ',';
      if (is_object()) append_quoted(out, names_[i]), out += ':';
      out += items_[i].dump();
    }
    out += is_object() ? '}' : ']';
  } else {
    out = type_ == Type::yes ? "true" : type_ == Type::no ? "false" : "null";
  }
  return out;
}

inline const Json& Json::expect(Type type, const char* what) const {
  if (type_ != type) fail(what);
  return *this;
}

inline void Json::fail(const char* expected) const {
  constexpr const char* found[] = {"null",     "true",     "false",    "a number",
                                   "a string", "an array", "an object"};
  throw config_error((path_.empty() ? "the whole" : path_) + ": expected " + expected + ", got " +
                     found[static_cast<int>(type_)]);
}

}  // namespace v1
}  // namespace mlmon
#pragma GCC visibility pop
