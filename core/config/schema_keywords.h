#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/result.h"

namespace mlmon {

/// Checks that a schema, and each schema within it, has only the keywords that config_schema.h
/// lists, each with a value that it may have. The error begins with the JSON pointer of the
/// keyword.
Result<void> check_keywords(const nlohmann::json& schema, const std::string& pointer);

/// Does the schema, itself or by one of its alternatives, call the value a secret?
bool is_secret(const nlohmann::json& schema);

}  // namespace mlmon
