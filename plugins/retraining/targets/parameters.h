#pragma once

#include <initializer_list>
#include <mlmon/json.hpp>
#include <string>
#include <string_view>

#include "plugins/template/json_template.h"

namespace mlmon::retraining {

/// The table `key` of a target, its strings templates; empty where it is not given. Throws config_error
/// where it has one of the members that are mlmon's own.
templates::JsonTemplate read_parameters(const Json& table, std::string_view key,
                                        std::initializer_list<std::string_view> ours);

/// The members of both JSON objects in one.
std::string with_members(std::string object, std::string_view more);

/// Does a text that may be cut off hold the id as a JSON string?
bool names(std::string_view json, std::string_view id);

}  // namespace mlmon::retraining
