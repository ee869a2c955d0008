#pragma once

#include <cstdint>
#include <string_view>

namespace mlmon {

/// The double nearest to a JSON number. One too small for the doubles is 0, and so is -0; false: it
/// is too large for them. REQUIRES: a number as RFC 8259 writes it.
bool to_double(std::string_view literal, double& value);

/// False: it does not fit. REQUIRES: a JSON number without fraction and exponent.
bool to_int64(std::string_view literal, std::int64_t& value);

// Reading from the front of a text that is not cut into literals yet. All of them return what stands
// behind the number, or null.
// REQUIRES: somewhere a byte that is no part of a number, and seven readable bytes behind it.

/// As to_double(). Null: no JSON number, or one too large.
const char* read_json_number(const char* at, double& value);

/// Null: no JSON number.
const char* skip_json_number(const char* at);

/// Null: not 1 to 18 digits, or more digits than the number needs.
const char* read_json_count(const char* at, std::int64_t& value);

}  // namespace mlmon
