#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// Does the whole text match the pattern? `*` any text, `?` one character, `[abc]` `[a-z]` one of
/// them, `[!x]` one that is not, `\` takes the next character as it is. A `]` right after `[` or
/// `[!` stands for itself; a `[` without `]` and a `\` at the end do, too. A character is a code
/// point of UTF-8 (a byte where the text is not UTF-8). No character is special in the text, `/`
/// and `.` included. Takes at most length of pattern x length of text steps.
bool glob_matches(std::string_view pattern, std::string_view text);

/// Globs of which the last one that matches counts; one that begins with `!` takes out again. A
/// list that begins with such a one begins with everything. An empty list matches nothing.
/// Immutable: may be used by several threads.
class GlobList {
 public:
  explicit GlobList(std::vector<std::string> globs);

  bool matches(std::string_view text) const;

  /// The last glob is `*`: every text matches.
  bool matches_everything() const { return !globs_.empty() && globs_.back() == "*"; }

 private:
  std::vector<std::string> globs_;
};

}  // namespace mlmon
