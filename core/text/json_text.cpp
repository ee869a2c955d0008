#include "core/text/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "core/text/utf8.h"
#include "core/text/word.h"

namespace mlmon {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& out, unsigned char byte) {
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void append_json_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: append_hex(out += "\\u00", static_cast<unsigned char>(c));
  }
}

bool needs_json_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '\x7f';
}

/// No byte of the word needs an escape.
bool is_plain_word(std::uint64_t word) {
  return (bytes_below(word, 0x20) | bytes_below(word ^ word_of('"'), 1) |
          bytes_below(word ^ word_of('\\'), 1) | bytes_below(word ^ word_of('\x7f'), 1)) == 0;
}

bool is_control_character(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

/// REQUIRES: one whole character.
std::uint32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  std::uint32_t code = first & (0xFFu >> (character.size() + 1));
  for (const char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return code;
}

struct CodeRange {
  std::uint32_t first, last;
};
constexpr std::array<CodeRange, 14> kInvisible = {{{0xA0, 0xA0},
                                                   {0xAD, 0xAD},
                                                   {0x34F, 0x34F},
                                                   {0x61C, 0x61C},
                                                   {0x1680, 0x1680},
                                                   {0x180E, 0x180E},
                                                   {0x2000, 0x200F},
                                                   {0x2028, 0x202F},
                                                   {0x205F, 0x206F},
                                                   {0x3000, 0x3000},
                                                   {0x3164, 0x3164},
                                                   {0xFEFF, 0xFEFF},
                                                   {0xFFA0, 0xFFA0},
                                                   {0xFFF9, 0xFFFB}}};

bool is_invisible(std::uint32_t code) {
  return std::any_of(kInvisible.begin(), kInvisible.end(), [&](const CodeRange& range) {
    return range.first <= code && code <= range.last;
  });
}

void append_code(std::string& out, std::uint32_t code) {
  out += "<U+";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out += "0123456789ABCDEF"[(code >> shift) & 15];
  }
  out += '>';
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    while (utf8.size() - i > sizeof(std::uint64_t) && is_plain_word(load_word(utf8.data() + i))) {
      i += sizeof(std::uint64_t);
    }
    if (!needs_json_escape(utf8[i])) continue;
    out.append(utf8, plain, i - plain);
    append_json_escape(out, utf8[i]);
    plain = i + 1;
  }
  out.append(utf8, plain);
  out += '"';
}

void append_json_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

void append_printable(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  while (!text.empty()) {
    const auto rest = std::find_if_not(text.begin(), text.end(), plain);
    const auto run = static_cast<std::size_t>(rest - text.begin());
    out.append(text, 0, run);
    text.remove_prefix(run);
    if (text.empty()) return;
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, length > 0 ? length : 1);
    if (character == "\n") {
      out += "\\n";
    } else if (length == 0 || is_control_character(character)) {
      for (const char byte : character) append_hex(out += "\\x", static_cast<unsigned char>(byte));
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
}

void append_visible(std::string& out, std::string_view text) {
  std::size_t shown = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    const std::uint32_t code = length > 1 ? code_point(text.substr(at, length)) : 0;
    const std::size_t next = at + std::max<std::size_t>(length, 1);
    if (is_invisible(code)) {
      append_printable(out, text.substr(shown, at - shown));
      append_code(out, code);
      shown = next;
    }
    at = next;
  }
  append_printable(out, text.substr(shown));
}

}  // namespace mlmon
