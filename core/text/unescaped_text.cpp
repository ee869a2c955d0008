#include "core/text/unescaped_text.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace mlmon {
namespace {

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const char c = digits[i];
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  return unit;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  const auto more = [&](int shift) { byte(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    more(0);
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    more(6);
    more(0);
  } else {
    byte(0xF0 | code >> 18);
    more(12);
    more(6);
    more(0);
  }
}

char meant_character(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

/// Appends what the escape at the front of the text means; returns its length.
std::size_t append_escape(std::string& out, std::string_view text) {
  if (text[1] != 'u') {
    out += meant_character(text[1]);
    return 2;
  }
  const std::uint32_t unit = hex4(text.substr(2));
  if (unit < 0xD800 || unit > 0xDFFF) {
    append_utf8(out, unit);
    return 6;
  }
  const std::uint32_t low = hex4(text.substr(8));
  append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
  return 12;
}

}  // namespace

void UnescapedText::begin(std::size_t limit) {
  text_.clear();
  limit_ = limit;
}

std::string_view UnescapedText::add(std::string_view escaped) {
  if (text_.empty()) text_.reserve(limit_);
  assert(text_.size() + escaped.size() <= text_.capacity());
  const std::size_t begin = text_.size();
  while (!escaped.empty()) {
    const std::size_t length = std::min(escaped.find('\\'), escaped.size());
    text_.append(escaped, 0, length);
    escaped.remove_prefix(length);
    if (!escaped.empty()) escaped.remove_prefix(append_escape(text_, escaped));
  }
  return std::string_view(text_).substr(begin);
}

}  // namespace mlmon
