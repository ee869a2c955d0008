#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/schema/config_schema.h"
#include "cli/schema/schema.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "core/plugin/plugin_library.h"
#include "core/plugin/plugin_path.h"
#include "core/run/assembly.h"

namespace mlmon {
namespace {

/// Those of all plugins that can be loaded; of two files of one name the first.
std::vector<PluginKeys> keys_of_plugins(const std::vector<std::string>& given, Log& log) {
  std::vector<PluginKeys> all;
  for (const std::string& path : list_plugin_files(plugin_folders_of(given))) {
    const std::string name = std::filesystem::path(path).stem().string();
    const bool known = std::any_of(all.begin(), all.end(), [&](const PluginKeys& keys) { return keys.name == name; });
    if (known) continue;
    const Result<void> trusted = check_plugin_file(path);
    const auto library = trusted ? PluginLibrary::load(path, MLMON_VERSION)
                                 : Result<std::shared_ptr<const PluginLibrary>>(trusted.error());
    if (!library) {
      log.log(LogLevel::kWarn, "", library.error().text);
      continue;
    }
    const char* const schema = (*library)->classes().front().about.config_schema;
    all.push_back({name, schema ? schema : "{}"});
  }
  return all;
}

/// Nothing: that has been told.
std::optional<SchemaJson> schema_of(const SchemaOptions& options, Log& log) {
  using Of = SchemaOptions::Of;
  if (options.of == Of::kAction) return action_schema();
  if (options.of == Of::kReceipt) return receipt_schema();
  if (options.of == Of::kConfig) return config_file_schema(keys_of_plugins(options.plugin_dirs, log));
  const auto input = read_input_config(options.config, options.sets, log);
  if (!input) return std::nullopt;
  return event_schema(event_rules(*input));
}

}  // namespace

int schema_command(const SchemaOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<int> out = claim_stdout(log);
  if (!out) return kExitFailed;
  const auto schema = schema_of(options, log);
  if (!schema) return kExitUsage;
  return write_stdout(schema->dump(2) + "\n", *out) ? kExitDone : kExitFailed;
}

}  // namespace mlmon
