#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mlmon::transport {

inline constexpr std::size_t kMostRead = 64 * 1024;  // bytes of what a peer says
inline constexpr std::size_t kMostShown = 1024;      // bytes of it that people are shown

/// The first kMostShown bytes of what a peer said, as valid UTF-8: a broken character becomes
/// U+FFFD, one that the limit cuts and white space at the ends are left out.
std::string excerpt(std::string_view said);

/// `what`, and `: ` and the excerpt where something was said.
std::string with_excerpt(std::string what, std::string_view said);

}  // namespace mlmon::transport
