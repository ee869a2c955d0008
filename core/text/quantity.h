#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlmon {

/// A duration as people write it: digits and one of `ms s m h d`, e.g. "500ms", "0s", "7d". Nothing
/// for any other text (signs, decimals, spaces and sums included) and for more than 64-bit
/// nanoseconds hold.
std::optional<std::int64_t> parse_duration_ns(std::string_view text);

/// A size: digits and `B KiB MiB GiB TiB`, or digits alone for bytes. Nothing for any other text
/// and for more than 64 bits hold.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// In the largest unit that divides it: "90s", "1d", "0s"; below a millisecond with decimals
/// ("0.25ms").
std::string format_duration(std::int64_t ns);

/// In the largest unit that divides it: "64KiB", "1500B".
std::string format_size(std::uint64_t bytes);

}  // namespace mlmon
