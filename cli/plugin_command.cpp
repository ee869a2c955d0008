#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/text_table.h"
#include "core/plugin/elf_note.h"
#include "core/plugin/plugin_library.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kAllRows = 1'000'000;

std::string name_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string joined(const Json& texts) {
  std::string out;
  for (const Json& text : texts) {
    out += out.empty() ? "" : ", ";
    out += text.is_string() ? text.get<std::string>() : "?";
  }
  return out;
}

std::string member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "?";
}

/// What a file says of itself; runs none of its code.
Json describe(const std::string& path) {
  Json plugin = {{"name", name_of(path)}, {"path", path}};
  if (const Result<void> trusted = check_plugin_file(path); !trusted) {
    plugin["error"] = trusted.error().text;
    return plugin;
  }
  const Result<std::string> note = read_plugin_note(path);
  if (!note) {
    plugin["error"] = note.error().text;
    return plugin;
  }
  const Json about = Json::parse(*note, nullptr, false);
  if (!about.is_object() || !about.contains("classes") || !about["classes"].is_array()) {
    plugin["error"] = path + ": has no note that says what it is (mlmon plugin info loads it)";
    return plugin;
  }
  plugin["abi"] = about.value("abi", "?");
  plugin["classes"] = about["classes"];
  return plugin;
}

int list(const PluginOptions& options) {
  TextTable table({"<name", "<class", "<version", "<roles", "<path"});
  std::string lines;
  for (const std::string& path : list_plugin_files(plugin_folders_of(options.plugin_dirs))) {
    const Json plugin = describe(path);
    lines += plugin.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (plugin.contains("error")) {
      table.add({printable(name_of(path)), "-", "-", "-",
                 printable(plugin["error"].get<std::string>())});
      continue;
    }
    for (const Json& item : plugin["classes"]) {
      table.add({printable(name_of(path)), member(item, "id"), member(item, "version"),
                 item.contains("roles") ? printable(joined(item["roles"])) : "?", printable(path)});
    }
  }
  return write_stdout(options.json ? lines : table.text("plugin", kAllRows, table_width(STDOUT_FILENO))) ? kExitDone : kExitFailed;
}

std::vector<std::string> roles_of(const PluginClass& item) {
  std::vector<std::string> roles;
  if (item.observes()) roles.emplace_back("observer");
  if (item.delivers()) roles.emplace_back("delivery");
  return roles;
}

Json schema_of(const PluginClass& item) {
  if (item.about.config_schema == nullptr) return Json::object();
  Json schema = Json::parse(item.about.config_schema, nullptr, false);
  return schema.is_discarded() ? Json::object() : schema;
}

std::string keys_text(const Json& schema) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return "  no keys of its own\n";
  TextTable table({"<  key", "<default", "<meaning"});
  for (const auto& [key, about] : properties->items()) {
    table.add({"  " + printable(key), about.contains("default") ? printable(about["default"].dump()) : "-",
               about.contains("description") ? member(about, "description") : ""});
  }
  return table.text("key", kAllRows);
}

int info(const PluginOptions& options, Log& log) {
  const Result<std::string> path =
      find_plugin(options.plugin, plugin_folders_of(options.plugin_dirs));
  if (!path) {
    log.log(LogLevel::kError, "", path.error().text);
    return kExitUsage;
  }
  if (const Result<void> trusted = check_plugin_file(*path); !trusted) {
    log.log(LogLevel::kError, "", trusted.error().text);
    return kExitFailed;
  }
  const Result<int> out = claim_stdout();
  if (!out) {
    log.log(LogLevel::kError, "", out.error().text);
    return kExitFailed;
  }
  const auto library = PluginLibrary::load(*path, MLMON_VERSION);
  if (!library) {
    log.log(LogLevel::kError, "", library.error().text);
    return kExitFailed;
  }
  Json json = {{"name", name_of(*path)}, {"path", *path}, {"abi", (*library)->abi()}};
  std::string text = fmt::format("{} (plugin ABI {})\n", printable(*path), (*library)->abi());
  for (const PluginClass& item : (*library)->classes()) {
    const Json schema = schema_of(item);
    json["classes"].push_back({{"id", item.about.id},
                               {"version", item.about.version},
                               {"summary", item.about.summary},
                               {"roles", roles_of(item)},
                               {"schema", schema}});
    text += fmt::format("\n{} {} ({})\n  {}\n\n{}", printable(item.about.id),
                        printable(item.about.version), fmt::join(roles_of(item), ", "),
                        printable(item.about.summary), keys_text(schema));
  }
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return write_stdout(options.json ? line : text, *out) ? kExitDone : kExitFailed;
}

}  // namespace

int plugin_command(const PluginOptions& options) {
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  return options.verb == PluginOptions::Verb::kList ? list(options) : info(options, log);
}

}  // namespace mlmon
