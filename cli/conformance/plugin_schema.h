#pragma once

#include "core/config/config_schema.h"
#include "core/plugin/plugin_library.h"

namespace mlmon {

/// The schema of a class as the host reads it: without one it has no keys.
inline Result<Schema> schema_of(const PluginClass& item) {
  const char* text = item.about.config_schema;
  return Schema::parse(text != nullptr ? text
                                       : R"({"type":"object","additionalProperties":false})");
}

}  // namespace mlmon
