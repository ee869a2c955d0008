#include "cli/key_tables.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/config_keys.h"
#include "core/config/schema_wording.h"
#include "core/config/toml_reader.h"
#include "core/text/text_member.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

std::string toml(const Json& value) {
  std::string out;
  if (value.is_array()) {
    for (const Json& item : value) out += (out.empty() ? "" : ", ") + toml(item);
    return "[" + out + "]";
  }
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      out += (out.empty() ? " " : ", ") + append_key("", key) + " = " + toml(member);
    }
    return "{" + out + (out.empty() ? "}" : " }");
  }
  return value.is_null() ? R"("")" : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Some value that the schema takes, or nearly.
Json example_of(const Json& schema) {
  if (schema.contains("default")) return schema["default"];
  if (schema.contains("examples")) return schema["examples"].front();
  if (schema.contains("enum")) return schema["enum"].front();
  if (schema.contains("const")) return schema["const"];
  for (const char* alternatives : {"oneOf", "anyOf"}) {
    if (schema.contains(alternatives)) return example_of(schema[alternatives].front());
  }
  const auto type = schema.find("type");
  const std::string name = type == schema.end()  ? "string"
                           : type->is_array() ? type->front().get<std::string>()
                                              : type->get<std::string>();
  if (name == "boolean") return false;
  if (name == "integer" || name == "number") return schema.value("minimum", Json(0));
  if (name == "array") return Json::array();
  if (name == "object") {
    Json members = Json::object();
    if (!schema.contains("properties")) return members;
    for (const auto& [key, member] : schema["properties"].items()) members[key] = example_of(member);
    return members;
  }
  const std::string format = text_of(schema, "format");
  return format == "duration" ? "30s" : format == "size" ? "1MiB" : "";
}

KeyText key_text(const std::string& name, const Json& schema) {
  KeyText key;
  key.name = name;
  if (schema.contains("default")) key.standard = toml(schema["default"]);
  key.example = toml(example_of(schema));
  key.type = describe(nlohmann::json::parse(schema.dump(), nullptr, false));
  key.meaning = text_of(schema, "description");
  return key;
}

/// An array whose items are tables with keys of their own.
bool is_array_of_tables(const Json& schema) {
  return text_of(schema, "type") == "array" && schema.contains("items") &&
         schema["items"].contains("properties");
}

void add_schema_table(std::vector<KeyTable>& tables, KeyTable table, const Json& properties) {
  std::vector<std::pair<std::string, const Json*>> within;
  for (const auto& [name, schema] : properties.items()) {
    if (is_array_of_tables(schema)) {
      within.emplace_back(name, &schema);
    } else {
      table.keys.push_back(key_text(name, schema));
    }
  }
  const std::string name = table.name;
  tables.push_back(std::move(table));
  for (const auto& [key, schema] : within) {
    add_schema_table(tables, {append_key(name, key), true, text_of(*schema, "description"), {}},
              (*schema)["items"]["properties"]);
  }
}

}  // namespace

std::string KeyTable::heading() const { return repeated ? "[[" + name + "]]" : "[" + name + "]"; }

std::vector<KeyTable> host_tables() {
  std::vector<KeyTable> tables;
  for (const ConfigKey& key : config_keys()) {
    if (tables.empty() || tables.back().name != key.table) {
      tables.push_back({std::string(key.table), false, "", {}});
    }
    Json schema = Json::parse(key.schema);
    schema["description"] = key.meaning;
    if (!key.standard.empty()) schema["default"] = Json::parse(key.standard);
    tables.back().keys.push_back(key_text(std::string(key.name), schema));
  }
  return tables;
}

std::vector<KeyTable> plugin_tables(const std::string& observer, std::string_view schema) {
  std::vector<KeyTable> tables;
  const Json parsed = Json::parse(schema, nullptr, false);
  const auto properties = parsed.find("properties");
  const bool has_keys = properties != parsed.end() && properties->is_object();
  add_schema_table(tables, {append_key("observers", observer), false, "", {}},
            has_keys ? *properties : Json::object());
  return tables;
}

std::string toml_of(std::string_view json) { return toml(Json::parse(json, nullptr, false)); }

}  // namespace mlmon
