#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mlmon {

/// Keeps the unescaped strings of one line; what add() returns is valid until the next begin().
class UnescapedText {
 public:
  /// Forgets all. No more than `limit` bytes of escaped text will be added: a line holds no more.
  void begin(std::size_t limit);

  /// REQUIRES: the inside of a valid JSON string, no unpaired surrogates.
  std::string_view add(std::string_view escaped);

 private:
  std::size_t limit_ = 0;
  std::string text_;  // never grows between begin() calls, so that views stay valid
};

}  // namespace mlmon
