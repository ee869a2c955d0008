#pragma once

#include <cstdint>
#include <string_view>

namespace mlmon {

/// The double nearest to a JSON number. One too small for the doubles is 0, and so is -0; false: it
/// is too large for them. REQUIRES: a number as RFC 8259 writes it.
bool to_double(std::string_view literal, double& value);

/// False: it does not fit. REQUIRES: a JSON number without fraction and exponent.
bool to_int64(std::string_view literal, std::int64_t& value);

}  // namespace mlmon
