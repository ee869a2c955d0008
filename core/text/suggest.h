#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// The candidate that was probably meant: the closest by Damerau-Levenshtein distance (neighbours
/// swapped count once, letter case does not count), the first of equals. Nothing when more than a
/// third of the word, or more than 3 characters, would have to change.
std::optional<std::string> suggest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// ` (did you mean "X"?)`, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace mlmon
