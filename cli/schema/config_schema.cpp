#include "cli/schema/config_schema.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/config/config_keys.h"

namespace mlmon {
namespace {

using Json = SchemaJson;

constexpr std::string_view kObserver = "observers.NAME";

/// An object with these members and no others.
Json table() { return {{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}}; }

Json key_schema(const ConfigKey& key) {
  Json schema = Json::parse(key.schema);
  schema["description"] = key.meaning;
  if (!key.standard.empty()) schema["default"] = Json::parse(key.standard);
  return schema;
}

/// The table of that path within the document, made where it is not there yet: "input", "input.kafka".
Json& table_at(Json& document, std::string_view path) {
  Json* at = &document;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    Json& within = (*at)["properties"][std::string(path.substr(0, dot))];
    if (within.is_null()) within = table();
    at = &within;
    path = dot == path.npos ? "" : path.substr(dot + 1);
  }
  return *at;
}

Json host_keys_of_observers() {
  Json keys = Json::object();
  for (const ConfigKey& key : config_keys()) {
    if (key.table == kObserver) keys[std::string(key.name)] = key_schema(key);
  }
  return keys;
}

/// The keys of a plugin and those of the host, which come first. A key of both is the plugin's.
Json schema_of_observer(const PluginKeys& plugin) {
  const Json own = Json::parse(plugin.schema, nullptr, false);
  Json observer = own.is_object() ? own : Json::object();
  Json properties = host_keys_of_observers();
  if (observer.contains("properties")) properties.update(observer["properties"]);
  observer["type"] = "object";
  observer["properties"] = std::move(properties);
  observer.erase("$schema");
  return observer;
}

Json reference(const std::string& plugin) { return {{"$ref", "#/$defs/plugin." + plugin}}; }

/// An observer whose plugin is that one, by its short name or its file.
Json when_plugin(const std::string& plugin) {
  const std::string file = "(^|/)" + plugin + "\\.so$";
  const Json named = {{"anyOf", {{{"const", plugin}}, {{"type", "string"}, {"pattern", file}}}}};
  return {{"if", {{"required", {"plugin"}}, {"properties", {{"plugin", named}}}}}, {"then", reference(plugin)}};
}

/// An observer without `plugin` has the plugin of its own name.
Json when_unnamed(const std::string& plugin) {
  return {{"if", {{"not", {{"required", {"plugin"}}}}}}, {"then", reference(plugin)}};
}

}  // namespace

SchemaJson config_file_schema(const std::vector<PluginKeys>& plugins) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"$id", "urn:mlmon:config"},
                 {"title", "mlmon.toml"},
                 {"$comment",
                  "JSON Schema cannot say what the formats mean: `duration` is 500ms, 30s, 5m, 6h or 7d, `size` is "
                  "64KiB or 1MiB, `path` a path. ${NAME} in a string is a variable of the environment, `file:PATH` a "
                  "secret's content; a key whose schema has `writeOnly` is a secret."}};
  schema.update(table());
  for (const ConfigKey& key : config_keys()) {
    if (key.table == kObserver) continue;
    table_at(schema, key.table)["properties"][std::string(key.name)] = key_schema(key);
  }
  Json of_each = host_keys_of_observers();
  of_each.erase("limits");  // of a plugin that is not known here it may be a key of its own
  Json observer = {{"type", "object"}, {"properties", std::move(of_each)}, {"allOf", Json::array()}};
  Json named = Json::object();
  for (const PluginKeys& plugin : plugins) {
    schema["$defs"]["plugin." + plugin.name] = schema_of_observer(plugin);
    observer["allOf"].push_back(when_plugin(plugin.name));
    named[plugin.name] = {{"allOf", {{{"$ref", "#/$defs/observer"}}, when_unnamed(plugin.name)}}};
  }
  schema["$defs"]["observer"] = std::move(observer);
  schema["properties"]["observers"] = {{"type", "object"},
                                       {"properties", std::move(named)},
                                       {"additionalProperties", {{"$ref", "#/$defs/observer"}}}};
  return schema;
}

}  // namespace mlmon
