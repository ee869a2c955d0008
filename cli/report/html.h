#pragma once

#include <string>
#include <string_view>

namespace mlmon {

/// Text of others as HTML shows it: nothing in it is markup, control characters are escaped.
std::string html_text(std::string_view text);

/// The same in <bdi>, so that its direction turns nothing around it.
std::string html_name(std::string_view text);

/// A time or a number, which no line break cuts.
std::string html_whole(std::string_view text);

}  // namespace mlmon
