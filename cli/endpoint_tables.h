#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mlmon {

// What stands in the keys of an observer of whatever class: rules, targets and receivers are arrays of tables there, if
// they are there at all.

/// The tables of an array of tables; none where it is anything else.
std::vector<nlohmann::json> tables_in(const nlohmann::json& keys, const char* name);

/// An array of texts, or one text; nothing where there is neither.
std::optional<std::vector<std::string>> texts_in(const nlohmann::json& table, const char* name);

/// The models of a rule, target or receiver; all where it does not say.
std::vector<std::string> models_of(const nlohmann::json& table);

}  // namespace mlmon
