#include "core/text/glob.h"

#include <utility>

#include "core/text/utf8.h"

namespace mlmon {
namespace {

std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte >= 0xF0 && byte < 0xF8) return 4;
  if (byte >= 0xE0 && byte < 0xF0) return 3;
  if (byte >= 0xC0 && byte < 0xE0) return 2;
  return 1;
}

/// Takes the character at `at`, which it moves on. UTF-8 sorts by bytes as by code points, so
/// ranges can compare the text of characters.
std::string_view take_character(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  std::size_t length = sequence_length(text[at]);
  if (length > text.size() - at) length = 1;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) length = 1;
  }
  at += length;
  return text.substr(begin, length);
}

std::string_view take_escaped(std::string_view pattern, std::size_t& at) {
  if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
  return take_character(pattern, at);
}

enum class Match { kNo, kYes, kNotASet };

/// Tries the set that begins behind a `[` at `at`; moves `at` behind its `]` if it is one.
Match match_set(std::string_view pattern, std::size_t& at, std::string_view character) {
  std::size_t next = at;
  const bool negated = next < pattern.size() && pattern[next] == '!';
  if (negated) ++next;
  bool found = false;
  for (bool first = true; next < pattern.size(); first = false) {
    if (pattern[next] == ']' && !first) {
      at = next + 1;
      return found != negated ? Match::kYes : Match::kNo;
    }
    const std::string_view low = take_escaped(pattern, next);
    std::string_view high = low;
    if (next + 1 < pattern.size() && pattern[next] == '-' && pattern[next + 1] != ']') {
      ++next;
      high = take_escaped(pattern, next);
    }
    if (low <= character && character <= high) found = true;
  }
  return Match::kNotASet;
}

/// Does one element of the pattern at `at` (not `*`) match the character? Moves `at` behind it.
bool match_one(std::string_view pattern, std::size_t& at, std::string_view character) {
  if (pattern[at] == '?') {
    ++at;
    return true;
  }
  if (pattern[at] == '[') {
    std::size_t behind = at + 1;
    const Match match = match_set(pattern, behind, character);
    if (match != Match::kNotASet) {
      at = behind;
      return match == Match::kYes;
    }
  }
  return take_escaped(pattern, at) == character;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr auto kNone = std::string_view::npos;
  std::size_t p = 0, t = 0;
  // Only the last star is ever tried again: what an earlier one could take more, that one can as
  // well.
  std::size_t star = kNone, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    const std::string_view character = take_character(text, t);
    if (p < pattern.size() && match_one(pattern, p, character)) continue;
    if (star == kNone) return false;
    p = star;
    t = star_text;
    take_character(text, t);
    star_text = t;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

GlobList::GlobList(std::vector<std::string> globs) : globs_(std::move(globs)) {}

bool GlobList::matches(std::string_view text) const {
  for (auto glob = globs_.rbegin(); glob != globs_.rend(); ++glob) {
    const bool negated = glob->starts_with('!');
    if (glob_matches(std::string_view(*glob).substr(negated ? 1 : 0), text)) return !negated;
  }
  return !globs_.empty() && globs_.front().starts_with('!');
}

}  // namespace mlmon
