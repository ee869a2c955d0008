#include "core/text/utf8.h"

#include <catch2/catch.hpp>
#include <string>

using namespace mlmon;

TEST_CASE("one character at a time agrees with the whole") {
  // Every two bytes, and every three and four bytes around the borders of what is well-formed.
  for (int first = 0x80; first < 0x100; ++first) {
    for (int second = 0; second < 0x100; ++second) {
      for (const int rest : {0x00, 0x7F, 0x80, 0xBF, 0xC0}) {
        std::string text = {static_cast<char>(first), static_cast<char>(second),
                            static_cast<char>(rest), static_cast<char>(0x80)};
        for (; !text.empty(); text.pop_back()) {
          std::string_view left = text;
          while (const std::size_t next = utf8_length(left)) left.remove_prefix(next);
          if (is_utf8(text) != left.empty()) FAIL(first << " " << second << " " << rest);
        }
      }
    }
  }
}

TEST_CASE("a beginning never ends within a character") {
  const std::string text = "a\xc3\xa4\xf0\x9f\x98\x80z";
  CHECK(utf8_prefix(text, 0) == "");
  CHECK(utf8_prefix(text, 1) == "a");
  CHECK(utf8_prefix(text, 2) == "a");
  CHECK(utf8_prefix(text, 3) == "a\xc3\xa4");
  CHECK(utf8_prefix(text, 6) == "a\xc3\xa4");
  CHECK(utf8_prefix(text, 7) == "a\xc3\xa4\xf0\x9f\x98\x80");
  CHECK(utf8_prefix(text, 8) == text);
  CHECK(utf8_prefix(text, 99) == text);
}
