#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// The words of a command line as somebody is typing it in a shell: quotes and backslashes are taken away,
/// nothing is expanded. The last word is the one that is being typed; empty after a blank.
std::vector<std::string> typed_words(std::string_view line);

}  // namespace mlmon
