#pragma once

#include <string>

namespace mlmon {

/// The text of a member of an nlohmann::json or ordered_json; empty where there is none.
template <class Json>
std::string text_of(const Json& object, const char* member) {
  if (!object.is_object()) return "";
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->template get<std::string>() : "";
}

}  // namespace mlmon
