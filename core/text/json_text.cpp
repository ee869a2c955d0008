#include "core/text/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/text/utf8.h"

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

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
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
    } else if (length == 0 || is_control(character)) {
      for (const char byte : character) append_hex(out += "\\x", static_cast<unsigned char>(byte));
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
}

}  // namespace mlmon
