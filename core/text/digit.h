#pragma once

namespace mlmon {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace mlmon
