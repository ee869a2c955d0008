#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

enum class JsonType : std::uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

/// One member of an object, as it stands in the text.
struct JsonMember {
  std::string_view key;    // between the quotes, escapes and all
  std::string_view value;  // quotes and brackets included
  std::uint32_t next = 0;  // index on the tape of the member after this one and all that it holds
  JsonType type = JsonType::kNull;
  bool key_escaped = false;
  bool escaped = false;  // of a string: it has escapes
  bool integer = false;  // of a number: it has neither fraction nor exponent
};

/// What is wrong with a text.
struct JsonError {
  std::size_t column = 0;  // of the byte, from 1
  std::string what;
};

/// Checks that a text is exactly one JSON value (RFC 8259; UTF-8 is the caller's to check), nested
/// at most kMaxDepth deep with the outermost counted and without unpaired surrogate escapes, and
/// indexes the members of its objects on the way, so that nothing need be read twice.
///
/// Members stand in the order of the text: those of the object with index i are i + 1 to its
/// `next`, from one `next` to another. Not indexed, only checked, is what arrays hold and what lies
/// deeper than kIndexDepth: no event has anything there. One iterative pass; views point into the
/// text.
class JsonTape {
 public:
  static constexpr std::size_t kMaxDepth = 1000;
  static constexpr std::size_t kIndexDepth = 4;  // envelope, event, features, feature

  /// `nan_is_null`: the words NaN, Infinity and -Infinity are taken where a value may be, as null.
  explicit JsonTape(bool nan_is_null = false) : nan_is_null_(nan_is_null) {}
  JsonTape(const JsonTape&) = delete;
  JsonTape& operator=(const JsonTape&) = delete;

  /// False if the text is anything else; then error() tells what.
  bool read(std::string_view text);

  JsonType type() const { return root_.type; }
  std::string_view value() const { return root_.value; }  // without white space around it
  const std::vector<JsonMember>& members() const { return members_; }
  const JsonError& error() const { return error_; }

 private:
  enum class After : std::uint8_t { kValue, kEnd, kFailed };

  bool read_value(bool& opened);
  bool open(bool object);
  void close();
  bool read_key();
  After read_separators();
  bool read_string(std::string_view& raw, bool& escaped);
  bool read_string_end();
  bool read_escape();
  bool read_unicode_escape();
  bool read_hex4(unsigned& unit);
  bool read_number();
  bool read_digits();
  bool read_literal(std::string_view literal, JsonType type);
  bool read_nan();

  char peek() const { return at_ < end_ ? *at_ : '\0'; }  // NUL is no token, so the end is none
  void skip_space();
  bool fail(std::string what);
  bool fail_expecting(std::string_view expected);
  std::string_view text_from(const char* begin) const;

  bool nan_is_null_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;

  std::size_t depth_ = 0;
  std::array<bool, kMaxDepth + 1> is_object_{};           // the container at that depth
  std::array<std::uint32_t, kIndexDepth + 1> holder_{};  // the member that opened it
  std::size_t unindexed_depth_ = 0;                      // from here on; 0: indexing goes on

  JsonMember root_;
  JsonMember scratch_;            // takes values that are not indexed
  JsonMember* current_ = &root_;  // takes the next value
  std::vector<JsonMember> members_;
  JsonError error_;
};

}  // namespace mlmon
