#include "plugins/transport/globs.h"

#include <optional>

namespace mlmon::transport {
namespace {

/// The length of the character at `at`; a byte that begins none is one by itself.
std::size_t length_at(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  return length <= text.size() - at ? length : 1;
}

std::string_view take(std::string_view text, std::size_t& at) {
  const std::string_view character = text.substr(at, length_at(text, at));
  at += character.size();
  return character;
}

std::string_view take_escaped(std::string_view pattern, std::size_t& at) {
  if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
  return take(pattern, at);
}

/// Is the character in the set whose `[` is at `at`, which moves behind it? Nothing: there is no
/// set.
std::optional<bool> match_set(std::string_view pattern, std::size_t& at,
                              std::string_view character) {
  std::size_t next = at + 1;
  const bool negated = next < pattern.size() && pattern[next] == '!';
  if (negated) ++next;
  bool found = false;
  // A `]` in the first place is a member. UTF-8 sorts by bytes as by code points.
  for (const std::size_t first = next; next < pattern.size();) {
    if (pattern[next] == ']' && next != first) {
      at = next + 1;
      return found != negated;
    }
    const std::string_view low = take_escaped(pattern, next);
    std::string_view high = low;
    if (next + 1 < pattern.size() && pattern[next] == '-' && pattern[next + 1] != ']') {
      high = take_escaped(pattern, ++next);
    }
    found = found || (low <= character && character <= high);
  }
  return std::nullopt;
}

bool match_one(std::string_view pattern, std::size_t& at, std::string_view character) {
  if (pattern[at] == '?') {
    ++at;
    return true;
  }
  if (pattern[at] == '[') {
    if (const auto in_set = match_set(pattern, at, character)) return *in_set;
  }
  return take_escaped(pattern, at) == character;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  // Where to go on when a match fails: the newest star takes one character more. Earlier stars need
  // no second try, the newest can take what they could.
  std::size_t behind_star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      behind_star = ++p;
      resume = t;
    } else if (const std::string_view character = take(text, t);
               p >= pattern.size() || !match_one(pattern, p, character)) {
      if (behind_star == std::string_view::npos) return false;
      p = behind_star;
      t = resume;
      take(text, t);
      resume = t;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Globs::Globs(const Json& list) {
  globs_.clear();
  for (const Json& glob : list.items()) globs_.push_back(glob.text());
}

bool Globs::match(std::string_view text) const {
  for (auto glob = globs_.rbegin(); glob != globs_.rend(); ++glob) {
    const bool takes_out = glob->starts_with('!');
    if (glob_matches(std::string_view(*glob).substr(takes_out ? 1 : 0), text)) return !takes_out;
  }
  return !globs_.empty() && globs_.front().starts_with('!');
}

bool Globs::match_model_of(const Json& action) const {
  return (!globs_.empty() && globs_.back() == "*") || match(action.at("model").text("name"));
}

}  // namespace mlmon::transport
