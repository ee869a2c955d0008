#pragma once

#include <nlohmann/json_fwd.hpp>

namespace mlmon {

/// Is the value of a type that the schema admits? Yes where it names none.
bool fits_type(const nlohmann::json& schema, const nlohmann::json& value);

/// Does the value itself fit: type, enum, const, limits, length, pattern, format? Says nothing
/// about members, items and alternatives. REQUIRES: check_keywords() accepted the schema.
bool fits(const nlohmann::json& schema, const nlohmann::json& value);

/// Is it an integer of 64 bits with sign, be it written as 1.0?
bool is_integer(const nlohmann::json& value);

}  // namespace mlmon
