#pragma once

#include <span>
#include <string_view>

namespace mlmon {

/// One of the host's own keys. `mlmon config`, the manual and the schema of the configuration are made of
/// these; load_config() reads them.
struct ConfigKey {
  std::string_view table;     // "input"; "observers.NAME": a key of each observer
  std::string_view name;
  std::string_view schema;    // JSON Schema of the value
  std::string_view standard;  // what it is when nobody gives it, as JSON; empty: it depends on others
  std::string_view meaning;   // for people: one line
};

/// All of them, those of one table together.
std::span<const ConfigKey> config_keys();

}  // namespace mlmon
