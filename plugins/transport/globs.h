#pragma once

#include <mlmon/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon::transport {

/// Does the whole text match? `*` any text, `?` one character, `[a-z]` one of a set, `[!x]` one
/// that is not in it, `\` takes the next character as it is; a `[` without `]` stands for itself.
/// Characters are code points of UTF-8. Takes at most length of pattern x length of text steps.
bool glob_matches(std::string_view pattern, std::string_view text);

/// Globs of which the last one that matches counts; one that begins with `!` takes out again. A
/// list that begins with such a one begins with everything; an empty list matches nothing. These
/// are the rules of the host's own `models`.
class Globs {
 public:
  Globs() = default;                 // matches everything
  explicit Globs(const Json& list);  // throws config_error

  bool match(std::string_view text) const;
  bool match_all() const { return globs_.size() == 1 && globs_[0] == "*"; }
  bool match_model_of(const Json& action) const;  // its name

 private:
  std::vector<std::string> globs_ = {"*"};
};

}  // namespace mlmon::transport
