#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mlmon {

/// How many bad lines a run may meet: a number, or a percentage of the lines that are not empty.
struct BadLimit {
  bool percent = false;
  double limit = 0;

  /// `lines`: those that are not empty.
  bool exceeded_by(std::uint64_t bad, std::uint64_t lines) const;
};

/// "12", or "5%", "0.5%" up to "100%"; nothing for any other text.
std::optional<BadLimit> parse_bad_limit(const std::string& text);

}  // namespace mlmon
