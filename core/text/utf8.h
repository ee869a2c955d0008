#pragma once

#include <cstddef>
#include <string_view>

namespace mlmon {

/// What some programs begin a text with.
inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// A byte of a character that is not its first.
constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Whether all of the text is well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, nothing
/// overlong, nothing beyond U+10FFFF).
bool is_utf8(std::string_view text);

/// Bytes of the well-formed character that the text begins with; 0: there is none.
std::size_t utf8_length(std::string_view text);

/// The longest beginning of at most `limit` bytes that does not end within a character.
std::string_view utf8_prefix(std::string_view text, std::size_t limit);

}  // namespace mlmon
