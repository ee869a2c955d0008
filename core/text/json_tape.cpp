#include "core/text/json_tape.h"

#include <utility>

#include "core/text/digit.h"
#include "core/text/json_scan.h"
#include "core/text/json_text.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

// Enough for any sane line; what one giant needed is not kept.
constexpr std::size_t kKeptMembers = 4096;

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

inline void JsonTape::skip_space() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
}

inline std::string_view JsonTape::text_from(const char* begin) const {
  return {begin, static_cast<std::size_t>(at_ - begin)};
}

inline bool JsonTape::read_digits() {
  const char* at = at_;
  while (at < end_ && is_digit(*at)) ++at;
  if (at == at_) return fail_expecting("a digit");
  at_ = at;
  return true;
}

inline bool JsonTape::read_string(std::string_view& raw, bool& escaped) {
  const char* const begin = at_;
  at_ = skip_plain_json_string(begin + 1, end_);
  escaped = peek() != '"';
  if (escaped && !read_string_end()) return false;
  ++at_;
  raw = text_from(begin);
  return true;
}

bool JsonTape::read(std::string_view text) {
  begin_ = at_ = text.data();
  end_ = at_ + text.size();
  depth_ = 0;
  unindexed_depth_ = 0;
  root_ = {};
  current_ = &root_;
  if (members_.capacity() > kKeptMembers) members_ = {};
  members_.clear();

  skip_space();
  for (;;) {
    bool opened = false;
    if (!read_value(opened)) return false;
    if (opened) continue;
    const After after = read_separators();
    if (after != After::kValue) return after == After::kEnd;
  }
}

/// Reads a scalar or an empty container, or opens a container and stops before its first value.
bool JsonTape::read_value(bool& opened) {
  switch (peek()) {
    case '"':
      current_->type = JsonType::kString;
      return read_string(current_->value, current_->escaped);
    case '{':
      if (!open(true)) return false;
      if (peek() == '}') break;
      opened = true;
      return read_key();
    case '[':
      if (!open(false)) return false;
      if (peek() == ']') break;
      opened = true;
      return true;
    case 't': return read_literal("true", JsonType::kTrue);
    case 'f': return read_literal("false", JsonType::kFalse);
    case 'n': return read_literal("null", JsonType::kNull);
    case 'N':
    case 'I': return read_nan();
    default:
      if (peek() == '-' && end_ - at_ > 1 && at_[1] == 'I') return read_nan();
      if (peek() != '-' && !is_digit(peek())) return fail_expecting("a value");
      return read_number();
  }
  close();
  return true;
}

bool JsonTape::open(bool object) {
  if (depth_ == kMaxDepth) return fail("nested deeper than 1000");
  ++depth_;
  is_object_[depth_] = object;
  current_->type = object ? JsonType::kObject : JsonType::kArray;
  current_->value = {at_, 1};  // close() finds the end
  if (unindexed_depth_ == 0) {
    if (depth_ <= kIndexDepth) holder_[depth_] = static_cast<std::uint32_t>(members_.size()) - 1;
    if (!object || depth_ > kIndexDepth) {
      unindexed_depth_ = depth_;
      current_ = &scratch_;
    }
  }
  ++at_;
  skip_space();
  return true;
}

void JsonTape::close() {
  ++at_;
  if (unindexed_depth_ == 0 || unindexed_depth_ == depth_) {
    unindexed_depth_ = 0;
    // Beyond kIndexDepth only the newest member can have been opened.
    const bool newest = depth_ > kIndexDepth;
    JsonMember& closed = depth_ == 1 ? root_ : newest ? members_.back() : members_[holder_[depth_]];
    closed.value = text_from(closed.value.data());
    closed.next = static_cast<std::uint32_t>(members_.size());
  }
  --depth_;
}

bool JsonTape::read_key() {
  if (peek() != '"') return fail_expecting("a member name");
  if (unindexed_depth_ == 0) {
    current_ = &members_.emplace_back();
    current_->next = static_cast<std::uint32_t>(members_.size());
  }
  std::string_view quoted;
  if (!read_string(quoted, current_->key_escaped)) return false;
  current_->key = quoted.substr(1, quoted.size() - 2);
  skip_space();
  if (peek() != ':') return fail_expecting("':' after a member name");
  ++at_;
  skip_space();
  return true;
}

/// Reads what stands between the end of a value and the beginning of the next.
JsonTape::After JsonTape::read_separators() {
  for (;;) {
    skip_space();
    if (depth_ == 0) {
      if (at_ == end_) return After::kEnd;
      fail_expecting("nothing more after the value");
      return After::kFailed;
    }
    const bool object = is_object_[depth_];
    if (peek() == (object ? '}' : ']')) {
      close();
      continue;
    }
    if (peek() != ',') {
      fail_expecting(object ? "',' or '}'" : "',' or ']'");
      return After::kFailed;
    }
    ++at_;
    skip_space();
    return !object || read_key() ? After::kValue : After::kFailed;
  }
}

/// Goes on to the closing quote from the first byte that is not plain.
bool JsonTape::read_string_end() {
  while (at_ < end_ && *at_ != '"') {
    if (*at_ != '\\') return fail_expecting("an escape for a control character in a string");
    if (!read_escape()) return false;
    at_ = skip_plain_json_string(at_, end_);
  }
  return at_ < end_ || fail("expected '\"' at the end of a string, got the end of the line");
}

bool JsonTape::read_escape() {
  ++at_;
  switch (peek()) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
      ++at_;
      return true;
    case 'u': return read_unicode_escape();
    default: return fail_expecting("one of \" \\ / b f n r t u after a backslash");
  }
}

bool JsonTape::read_unicode_escape() {
  const char* const escape = at_ - 1;
  unsigned unit = 0;
  if (!read_hex4(unit)) return false;
  if (is_high_surrogate(unit) && end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u') {
    ++at_;
    if (!read_hex4(unit)) return false;
    if (is_low_surrogate(unit)) return true;
    at_ = escape;
    return fail("an unpaired surrogate");
  }
  if (!is_high_surrogate(unit) && !is_low_surrogate(unit)) return true;
  at_ = escape;
  return fail("an unpaired surrogate");
}

/// The four digits after the 'u' that stands here.
bool JsonTape::read_hex4(unsigned& unit) {
  ++at_;
  unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const int digit = hex_value(peek());
    if (digit < 0) return fail_expecting("four hexadecimal digits after \\u");
    unit = unit * 16 + static_cast<unsigned>(digit);
  }
  return true;
}

bool JsonTape::read_number() {
  const char* const begin = at_;
  bool integer = true;
  if (*at_ == '-') ++at_;
  if (peek() == '0' && end_ - at_ > 1 && is_digit(at_[1])) {
    return fail("a number with a leading zero");
  }
  if (!read_digits()) return false;
  if (peek() == '.') {
    ++at_;
    integer = false;
    if (!read_digits()) return false;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    integer = false;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!read_digits()) return false;
  }
  current_->type = JsonType::kNumber;
  current_->value = text_from(begin);
  current_->integer = integer;
  return true;
}

bool JsonTape::read_literal(std::string_view literal, JsonType type) {
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (std::string_view(at_, left).substr(0, literal.size()) != literal) {
    return fail_expecting("a value");
  }
  current_->type = type;
  current_->value = {at_, literal.size()};
  at_ += literal.size();
  return true;
}

/// Python's json module writes these words for numbers that JSON does not have.
bool JsonTape::read_nan() {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (!rest.starts_with(word)) continue;
    if (nan_is_null_) return read_literal(word, JsonType::kNull);
    return fail("expected a value, got " + std::string(word) + " ([input] nan = \"null\" takes it as null)");
  }
  return fail_expecting("a value");
}

bool JsonTape::fail(std::string what) {
  error_.column = static_cast<std::size_t>(at_ - begin_) + 1;
  error_.what = std::move(what);
  return false;
}

bool JsonTape::fail_expecting(std::string_view expected) {
  std::string what = "expected ";
  what.append(expected).append(", got ");
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  if (rest.empty()) return fail(what += "the end of the line");
  const std::size_t length = utf8_length(rest);
  append_visible(what, rest.substr(0, length > 0 ? length : 1));
  return fail(std::move(what));
}

}  // namespace mlmon
