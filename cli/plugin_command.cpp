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

std::string plugin_name(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string comma_list(const Json& texts) {
  std::string out;
  for (const Json& text : texts) {
    out += out.empty() ? "" : ", ";
    out += text.is_string() ? text.get<std::string>() : "?";
  }
  return out;
}

std::string printable_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "?";
}

/// What a file says of itself; runs none of its code.
Json describe_plugin(const std::string& path) {
  Json plugin = {{"name", plugin_name(path)}, {"path", path}};
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

int list_plugins(const PluginOptions& options) {
  TextTable table({"<name", "<class", "<version", "<roles", "<path"});
  std::string lines;
  for (const std::string& path : list_plugin_files(plugin_folders_of(options.plugin_dirs))) {
    const Json plugin = describe_plugin(path);
    lines += plugin.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (plugin.contains("error")) {
      table.add({printable(plugin_name(path)), "-", "-", "-",
                 printable(plugin["error"].get<std::string>())});
      continue;
    }
    for (const Json& item : plugin["classes"]) {
      table.add({printable(plugin_name(path)), printable_member(item, "id"), printable_member(item, "version"),
                 item.contains("roles") ? printable(comma_list(item["roles"])) : "?", printable(path)});
    }
  }
  return write_stdout(options.json ? lines : table.text("plugin", TextTable::kAllRows, table_width(STDOUT_FILENO))) ? kExitDone : kExitFailed;
}

}  // namespace

int plugin_command(const PluginOptions& options) {
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  return options.verb == PluginOptions::Verb::kList ? list_plugins(options) : plugin_info(options, log);
}

}  // namespace mlmon
