#include "cli/endpoint_tables.h"

#include <nlohmann/json.hpp>

namespace mlmon {

using Json = nlohmann::json;

std::vector<Json> tables_in(const Json& keys, const char* name) {
  std::vector<Json> tables;
  const Json list = keys.is_object() ? keys.value(name, Json()) : Json();
  for (const Json& table : list.is_array() ? list : Json::array()) {
    tables.push_back(table.is_object() ? table : Json::object());
  }
  return tables;
}

std::optional<std::vector<std::string>> texts_in(const Json& table, const char* name) {
  const auto found = table.find(name);
  if (found == table.end()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Json& text : found->is_array() ? *found : Json::array({*found})) {
    if (!text.is_string()) return std::nullopt;
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::vector<std::string> models_of(const Json& table) {
  return texts_in(table, "models").value_or(std::vector<std::string>{"*"});
}

}  // namespace mlmon
