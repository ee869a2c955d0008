#pragma once

#include <string>
#include <string_view>

namespace mlmon {

/// Appends the text as a JSON string with its quotes. Escaped are ", \ and the control characters
/// U+0000 to U+001F and U+007F; all else stands as it is. REQUIRES: valid UTF-8.
void append_json_string(std::string& out, std::string_view utf8);

/// Appends the shortest number that reads back as the same double: 0.71, 1e-10, 3. What JSON cannot
/// write, NaN and the infinities, becomes null.
void append_json_number(std::string& out, double number);

/// Appends text of others for people to read: a newline as \n, other control characters (U+0000 to
/// U+001F, U+007F to U+009F) and bytes that are no UTF-8 as \xNN.
void append_printable(std::string& out, std::string_view text);

/// The same, with characters that cannot be seen (spaces other than U+0020, joiners, marks of byte
/// order and direction) as <U+00A0>.
void append_visible(std::string& out, std::string_view text);

}  // namespace mlmon
