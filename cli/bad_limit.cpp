#include "cli/bad_limit.h"

#include <charconv>
#include <string_view>

namespace mlmon {

bool BadLimit::exceeded_by(std::uint64_t bad, std::uint64_t lines) const {
  const auto count = static_cast<double>(bad);
  if (!percent) return count > limit;
  // A percentage such as 0.07 is no exact double; just as many lines must pass nevertheless.
  constexpr double kRounding = 1 + 1e-12;
  return count * 100 > limit * static_cast<double>(lines) * kRounding;
}

std::optional<BadLimit> parse_bad_limit(const std::string& text) {
  BadLimit parsed;
  parsed.percent = text.ends_with('%');
  const std::string_view number(text.data(), text.size() - (parsed.percent ? 1 : 0));
  // No sign, no exponent, no space; of lines no fraction either.
  const char* const allowed = parsed.percent ? "0123456789." : "0123456789";
  if (number.find_first_not_of(allowed) != std::string_view::npos) return std::nullopt;
  const char* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, parsed.limit, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  if (parsed.percent && parsed.limit > 100) return std::nullopt;
  return parsed;
}

}  // namespace mlmon
