#pragma once

#include <algorithm>
#include <string>

#include "core/config/config_schema.h"
#include "core/plugin/plugin_library.h"

namespace mlmon {

/// The schema of a class as the host reads it: without one it has no keys.
inline Result<Schema> schema_of(const PluginClass& item) {
  const char* text = item.about.config_schema;
  return Schema::parse(text != nullptr ? text
                                       : R"({"type":"object","additionalProperties":false})");
}

/// The first mistake in a plugin's keys, as "limits.min: expected …"; empty: there is none.
inline std::string mistake_in(const Schema& schema, const std::string& own) {
  const Schema::Validation valid = schema.validate(own);
  if (valid.ok()) return "";
  std::string key = valid.mistakes.front().pointer;
  std::replace(key.begin(), key.end(), '/', '.');
  if (!key.empty()) key.erase(0, 1);
  return key + ": " + valid.mistakes.front().text;
}

}  // namespace mlmon
