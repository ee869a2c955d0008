#include "core/text/glob_overlap.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <set>
#include <string_view>
#include <utility>

#include "core/text/utf8.h"

// All globs of all lists are followed at once, as automata, along each text that can make a difference: of
// the characters between which no glob tells apart, one stands for all.

namespace mlmon {
namespace {

using Character = std::uint32_t;

/// What stands in a glob for one character, or for any number of them.
struct Element {
  bool star = false, negated = false;
  std::vector<std::pair<Character, Character>> ranges;

  bool takes(Character c) const {
    const bool within = std::any_of(ranges.begin(), ranges.end(), [c](const auto& range) {
      return range.first <= c && c <= range.second;
    });
    return within != negated;
  }
};

using Elements = std::vector<Element>;

/// REQUIRES: text that is UTF-8, and not empty.
Character take_code_point(std::string_view& text) {
  const std::size_t length = utf8_length(text);
  Character c = static_cast<unsigned char>(text[0]);
  if (length > 1) c &= 0xFFU >> (length + 1);
  for (std::size_t i = 1; i < length; ++i) c = c << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(length);
  return c;
}

Character take_escaped_code_point(std::string_view& glob) {
  if (glob[0] == '\\' && glob.size() > 1) glob.remove_prefix(1);
  return take_code_point(glob);
}

/// The set that the glob begins with; false, and nothing is taken: its `[` has no `]`.
bool take_set(std::string_view& glob, Element& element) {
  std::string_view rest = glob.substr(1);
  element.negated = rest.starts_with('!');
  if (element.negated) rest.remove_prefix(1);
  for (bool first = true; !rest.empty(); first = false) {
    if (rest[0] == ']' && !first) {
      glob = rest.substr(1);
      return true;
    }
    const Character low = take_escaped_code_point(rest);
    Character high = low;
    if (rest.size() > 1 && rest[0] == '-' && rest[1] != ']') {
      rest.remove_prefix(1);
      high = take_escaped_code_point(rest);
    }
    element.ranges.emplace_back(low, high);
  }
  element = {};
  return false;
}

Elements elements_of(std::string_view glob) {
  Elements elements;
  while (!glob.empty()) {
    Element& element = elements.emplace_back();
    if (glob[0] == '*') {
      element.star = true;
      glob.remove_prefix(1);
    } else if (glob[0] == '?') {
      element.negated = true;  // none but the empty set
      glob.remove_prefix(1);
    } else if (glob[0] != '[' || !take_set(glob, element)) {
      const Character c = take_escaped_code_point(glob);
      element.ranges.emplace_back(c, c);
    }
  }
  return elements;
}

/// Up to which elements a glob may have got.
using Places = std::vector<bool>;

/// A star may also be no text.
void skip_stars(const Elements& elements, Places& places) {
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (places[i] && elements[i].star) places[i + 1] = true;
  }
}

Places first_places(const Elements& elements) {
  Places places(elements.size() + 1);
  places[0] = true;
  skip_stars(elements, places);
  return places;
}

Places after(const Elements& elements, const Places& places, Character c) {
  Places next(places.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!places[i]) continue;
    if (elements[i].star) next[i] = true;
    else if (elements[i].takes(c)) next[i + 1] = true;
  }
  skip_stars(elements, next);
  return next;
}

struct Glob {
  bool takes_out;
  Elements elements;
};

using List = std::vector<Glob>;
using State = std::vector<Places>;  // of the globs of all lists

/// As GlobList::matches() has it. Goes on in the state behind the list's own globs.
bool accepts(const List& list, const State& state, std::size_t& at) {
  bool accepted = !list.empty() && list.front().takes_out;
  for (const Glob& glob : list) {
    if (state[at++].back()) accepted = !glob.takes_out;
  }
  return accepted;
}

bool all_accept(const std::vector<List>& lists, const State& state) {
  std::size_t at = 0;
  bool all = true;
  for (const List& list : lists) all = accepts(list, state, at) && all;
  return all;
}

State after(const std::vector<List>& lists, const State& state, Character c) {
  State next;
  for (const List& list : lists) {
    for (const Glob& glob : list) next.push_back(after(glob.elements, state[next.size()], c));
  }
  return next;
}

/// One of each kind of characters that the globs tell apart.
std::set<Character> character_kinds(const std::vector<List>& lists) {
  std::set<Character> kinds = {' '};
  for (const List& list : lists) {
    for (const Glob& glob : list) {
      for (const Element& element : glob.elements) {
        for (const auto& [low, high] : element.ranges) kinds.insert({low, high + 1});
      }
    }
  }
  return kinds;
}

std::vector<List> read_lists(const std::vector<std::vector<std::string>>& lists) {
  std::vector<List> all;
  for (const auto& globs : lists) {
    List& list = all.emplace_back();
    for (const std::string_view glob : globs) {
      const bool takes_out = glob.starts_with('!');
      list.push_back({takes_out, elements_of(glob.substr(takes_out ? 1 : 0))});
    }
  }
  return all;
}

}  // namespace

bool may_overlap(const std::vector<std::vector<std::string>>& given) {
  constexpr std::size_t kMostSteps = 20'000;
  for (const auto& globs : given) {
    if (!std::all_of(globs.begin(), globs.end(), is_utf8)) return true;
  }
  const std::vector<List> lists = read_lists(given);
  const std::set<Character> kinds = character_kinds(lists);
  State first;
  for (const List& list : lists) {
    for (const Glob& glob : list) first.push_back(first_places(glob.elements));
  }
  std::set<State> known = {first};
  std::deque<State> open = {std::move(first)};
  for (std::size_t steps = 0; !open.empty(); open.pop_front()) {
    for (const Character c : kinds) {
      if (++steps > kMostSteps) return true;
      State next = after(lists, open.front(), c);
      if (all_accept(lists, next)) return true;
      if (known.insert(next).second) open.push_back(std::move(next));
    }
  }
  return false;
}

}  // namespace mlmon
