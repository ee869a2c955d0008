#pragma once

#include <string_view>

namespace mlmon {

/// What a shell reads to complete command lines of mlmon: "bash", "zsh" or "fish"; empty for others. Each
/// asks `mlmon completion --line LINE`, takes what it says as text, and quotes it.
std::string_view completion_script(std::string_view shell);

}  // namespace mlmon
