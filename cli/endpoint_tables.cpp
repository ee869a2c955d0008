#include "cli/endpoint_tables.h"

#include <nlohmann/json.hpp>

namespace mlmon {

using SortedJson = nlohmann::json;

std::vector<SortedJson> tables_in(const SortedJson& keys, const char* name) {
  std::vector<SortedJson> tables;
  const SortedJson list = keys.is_object() ? keys.value(name, SortedJson()) : SortedJson();
  for (const SortedJson& table : list.is_array() ? list : SortedJson::array()) {
    tables.push_back(table.is_object() ? table : SortedJson::object());
  }
  return tables;
}

std::optional<std::vector<std::string>> texts_in(const SortedJson& table, const char* name) {
  const auto found = table.find(name);
  if (found == table.end()) return std::nullopt;
  std::vector<std::string> texts;
  for (const SortedJson& text : found->is_array() ? *found : SortedJson::array({*found})) {
    if (!text.is_string()) return std::nullopt;
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::vector<std::string> models_of(const SortedJson& table) {
  return texts_in(table, "models").value_or(std::vector<std::string>{"*"});
}

}  // namespace mlmon
