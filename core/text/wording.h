#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// UTF-8 text in quotes, as JSON has it; what is longer than 60 bytes is cut and ends in `…`.
std::string in_quotes(std::string_view text);

/// "a, b or c".
std::string one_of(const std::vector<std::string>& texts);

/// The same of texts in quotes: `"a", "b" or "c"`.
std::string one_of_quoted(const std::vector<std::string>& texts);

}  // namespace mlmon
