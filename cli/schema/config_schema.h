#pragma once

#include <string>
#include <vector>

#include "cli/schema/schema.h"

namespace mlmon {

/// A plugin as the schema of the configuration knows it.
struct PluginKeys {
  std::string name;    // "retraining"
  std::string schema;  // of its own keys, as JSON
};

/// mlmon.toml, with the host's keys (config_keys.h) and those of the plugins.
SchemaJson config_file_schema(const std::vector<PluginKeys>& plugins);

}  // namespace mlmon
