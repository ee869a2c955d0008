#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/conformance/apart.h"
#include "cli/conformance/observer_trial.h"
#include "cli/conformance/plugin_schema.h"
#include "cli/exit_code.h"
#include "cli/plugin_loader.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/text_table.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kLimit = 20'000'000'000;  // of making an instance

const char* type_name(Projection::Type type) {
  static constexpr const char* kNames[] = {"", "number", "integer", "boolean", "text", "json"};
  return kNames[static_cast<std::size_t>(type)];
}

std::vector<std::string> roles_of(const PluginClass& item) {
  std::vector<std::string> roles;
  if (item.observes()) roles.emplace_back("observer");
  if (item.delivers()) roles.emplace_back("delivery");
  return roles;
}

Json parsed_schema(const PluginClass& item) {
  if (item.about.config_schema == nullptr) return Json::object();
  Json schema = Json::parse(item.about.config_schema, nullptr, false);
  return schema.is_discarded() ? Json::object() : schema;
}

/// What an instance with the defaults asks for: made in a process of its own, where it may do as it likes.
/// Nothing where none can be made.
Json asked_for(const PluginClass& item) {
  if (!item.observes()) return nullptr;
  const Apart apart = run_apart(
      [&]() -> std::string {
        const Result<Schema> schema = schema_of(item);
        if (!schema) return "";
        EventSupply events({}, {});
        ObserverTrial trial(item, schema->validate("{}").json, events);
        if (!trial.create().ok()) return "";
        Json json = {{"fields", Json::array()}, {"counters", Json::array()}, {"types", trial.foreign_types()}};
        for (const Projection& field : trial.fields()) {
          json["fields"].push_back(
              {{"pointer", field.pointer}, {"type", type_name(field.type)}, {"event_type", field.event_type}});
        }
        for (const CounterTotal& counter : trial.counters()) {
          json["counters"].push_back({{"name", counter.name}, {"help", counter.help}});
        }
        json["tick_every"] = trial.tick_every_ns();
        trial.destroy();
        return json.dump();
      },
      kLimit);
  return apart.finished && !apart.text.empty() ? Json::parse(apart.text, nullptr, false) : Json();
}

std::string joined(const Json& texts, const char* between = ", ") {
  std::string out;
  for (const Json& text : texts) {
    out += out.empty() ? "" : between;
    out += printable(text.is_string() ? text.get<std::string>() : text.dump());
  }
  return out;
}

std::string range_text(const Json& schema) {
  const auto limit = [&](const char* key) { return schema.contains(key) ? schema[key].dump() : ""; };
  std::string out;
  const auto add = [&](const char* key, const char* sign) {
    if (!limit(key).empty()) out += fmt::format("{}{} {}", out.empty() ? " " : ", ", sign, limit(key));
  };
  add("minimum", ">="), add("exclusiveMinimum", ">"), add("maximum", "<="), add("exclusiveMaximum", "<");
  const auto count = [&](const char* least, const char* most, const char* of) {
    if (!limit(least).empty()) out += fmt::format("{}at least {} {}", out.empty() ? " " : ", ", limit(least), of);
    if (!limit(most).empty()) out += fmt::format("{}at most {} {}", out.empty() ? " " : ", ", limit(most), of);
  };
  count("minLength", "maxLength", "characters"), count("minItems", "maxItems", "items");
  return out;
}

/// "number >= 0, <= 1 or false"
std::string type_text(const Json& schema) {
  if (!schema.is_object()) return "";
  for (const char* several : {"oneOf", "anyOf"}) {
    if (!schema.contains(several)) continue;
    std::string out;
    for (const Json& one : schema[several]) out += (out.empty() ? "" : " or ") + type_text(one);
    return out;
  }
  if (schema.contains("const")) return printable(schema["const"].dump());
  if (schema.contains("enum")) {
    std::string out;
    for (const Json& one : schema["enum"]) out += (out.empty() ? "" : " ") + printable(one.dump());
    return out;
  }
  if (!schema.contains("type")) return "any";
  std::string out = schema["type"].is_array() ? joined(schema["type"], " or ") : joined(Json::array({schema["type"]}));
  if (schema.contains("format")) out = joined(Json::array({schema["format"]}));
  if (schema.contains("items")) out += " of " + type_text(schema["items"]);
  return out + range_text(schema);
}

/// The keys of an object, and those within: `rules[].metric`.
void add_schema_keys(const Json& schema, const std::string& above, TextTable& table) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return;
  for (const auto& [key, about] : properties->items()) {
    const bool secret = about.is_object() && about.value("writeOnly", false);
    table.add({"  " + printable(above + key), printable(type_text(about)) + (secret ? ", secret" : ""),
               about.contains("default") ? printable(about["default"].dump()) : "-",
               about.contains("description") && about["description"].is_string()
                   ? printable(about["description"].get<std::string>())
                   : ""});
    if (!about.is_object()) continue;
    add_schema_keys(about, above + key + ".", table);
    if (about.contains("items") && about["items"].is_object()) add_schema_keys(about["items"], above + key + "[].", table);
  }
}

std::string keys_text(const Json& schema) {
  if (!schema.contains("properties")) return "  no keys of its own\n";
  TextTable table({"<  key", "<type", "<default", "<meaning"});
  add_schema_keys(schema, "", table);
  return table.text("key", TextTable::kAllRows);
}

std::string subscription_text(const Json& item) {
  std::string out = "\n  subscribes to " + joined(item["subscribes"], " ") + "\n";
  if (!item["emits"].empty()) out += "  emits " + joined(item["emits"], " ") + "\n";
  if (item.contains("fields")) {
    for (const Json& field : item["fields"]) {
      const std::string type = field["event_type"].get<std::string>();
      out += fmt::format("  reads {} as {}{}\n", printable(field["pointer"].get<std::string>()),
                         field["type"].get<std::string>(), type.empty() ? "" : " of " + printable(type));
    }
    for (const Json& counter : item["counters"]) {
      out += fmt::format("  counts {}: {}\n", printable(counter["name"].get<std::string>()),
                         printable(counter["help"].get<std::string>()));
    }
  }
  return out + fmt::format("  keeps state of version {}\n", item["state_version"].get<std::uint32_t>());
}

Json class_json(const PluginClass& item) {
  Json json = {{"id", item.about.id},
               {"version", item.about.version},
               {"summary", item.about.summary},
               {"roles", roles_of(item)}};
  if (item.observes()) {
    json["subscribes"] = item.subscribes;
    json["emits"] = item.emits;
    if (const Json asked = asked_for(item); asked.is_object()) {
      for (const Json& type : asked["types"]) {
        const bool known = std::find(json["subscribes"].begin(), json["subscribes"].end(), type) !=
                           json["subscribes"].end();
        if (!known) json["subscribes"].push_back(type);
      }
      json["fields"] = asked["fields"];
      json["counters"] = asked["counters"];
      json["tick_every_ns"] = asked["tick_every"];
    }
    json["state_version"] = item.about.state_version;
  }
  json["schema"] = parsed_schema(item);
  return json;
}

}  // namespace

int plugin_info(const PluginOptions& options, Log& log) {
  const Result<std::string> path = find_plugin(options.plugin, plugin_folders_of(options.plugin_dirs));
  if (!path) {
    log.log(LogLevel::kError, "", path.error().text);
    return kExitUsage;
  }
  if (const Result<void> trusted = check_plugin_file(*path); !trusted) {
    log.log(LogLevel::kError, "", trusted.error().text);
    return kExitFailed;
  }
  const std::optional<int> out = claim_stdout(log);
  if (!out) return kExitFailed;
  const auto library = load_plugin(*path);
  if (!library) {
    log.log(LogLevel::kError, "", library.error().text);
    return kExitFailed;
  }
  Json json = {{"name", std::filesystem::path(*path).stem().string()}, {"path", *path}, {"abi", (*library)->abi()}};
  std::string text = fmt::format("{} (plugin ABI {})\n", printable(*path), (*library)->abi());
  for (const PluginClass& item : (*library)->classes()) {
    const Json about = class_json(item);
    json["classes"].push_back(about);
    text += fmt::format("\n{} {} ({})\n  {}\n\n{}", printable(item.about.id), printable(item.about.version),
                        fmt::join(roles_of(item), ", "), printable(item.about.summary), keys_text(about["schema"]));
    if (item.observes()) text += subscription_text(about);
  }
  // Of the first class, which is the one that a configuration means.
  const Json first = json["classes"][0];
  for (const auto& [key, value] : first.items()) {
    if (!json.contains(key)) json[key] = value;
  }
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return write_stdout(options.json ? line : text, *out) ? kExitDone : kExitFailed;
}

}  // namespace mlmon
