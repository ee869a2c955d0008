#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mlmon {

/// What a schema admits, for people: `a number in [0, 1] or false`.
/// REQUIRES: check_keywords() accepted the schema.
std::string describe(const nlohmann::json& schema);

/// A value for people: `"high"`, `3`, `a table`, `an array of 2`.
std::string shown(const nlohmann::json& value);

}  // namespace mlmon
