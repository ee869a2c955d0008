#include "core/event/semver.h"

#include <algorithm>

#include "core/text/digit.h"

namespace mlmon {
namespace {

bool is_identifier_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool has_leading_zero(std::string_view digits) { return digits.size() > 1 && digits[0] == '0'; }

/// Takes what is made of such characters off the front.
template <class IsPart>
std::string_view take_while(std::string_view& text, IsPart is_part) {
  std::size_t length = 0;
  while (length < text.size() && is_part(text[length])) ++length;
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

/// Takes one of the three numbers off the front.
bool take_number(std::string_view& text) {
  const std::string_view number = take_while(text, [](char c) { return is_digit(c); });
  return !number.empty() && !has_leading_zero(number);
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes identifiers with dots between them; leading zeros are forbidden only in a pre-release.
bool take_identifiers(std::string_view& text, bool leading_zeros) {
  do {
    const std::string_view word = take_while(text, [](char c) { return is_identifier_char(c); });
    if (word.empty()) return false;
    const bool numeric = std::all_of(word.begin(), word.end(), is_digit);
    if (numeric && !leading_zeros && has_leading_zero(word)) return false;
  } while (take(text, '.'));
  return true;
}

}  // namespace

bool is_semver(std::string_view text) {
  if (!take_number(text) || !take(text, '.')) return false;
  if (!take_number(text) || !take(text, '.')) return false;
  if (!take_number(text)) return false;
  if (take(text, '-') && !take_identifiers(text, false)) return false;
  if (take(text, '+') && !take_identifiers(text, true)) return false;
  return text.empty();
}

}  // namespace mlmon
