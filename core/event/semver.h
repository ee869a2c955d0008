#pragma once

#include <string_view>

namespace mlmon {

/// Whether the text is a version as Semantic Versioning 2.0.0 (https://semver.org) writes it:
/// "1.0.0", "2.1.0-rc.1+build.7"; no leading "v", no leading zeros, of any length.
bool is_semver(std::string_view text);

}  // namespace mlmon
