#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/toml_reader.h"
#include "core/result.h"

namespace mlmon {

/// Keys of [observers.NAME] that belong to the host; all others are the plugin's own.
bool is_host_key(std::string_view key);

/// One `--set KEY=VALUE`: the key dotted, the value in TOML's syntax.
struct Override {
  std::vector<std::string> key;
  TomlValue value;
};

/// How errors name the n-th `--set`: `--set KEY=VALUE`. The value is left out where it may be a
/// secret: everywhere but at the host's keys.
std::string override_label(const std::string& text);

/// `number` goes into the value's places. The error shows no value that override_label() does not
/// show.
Result<Override> parse_override(const std::string& text, std::uint32_t number);

/// Puts the value into the document, in place of what is there; a new key goes behind the others of
/// its table. Fails where something on the way is no table.
Result<void> apply(Override change, TomlValue& document);

}  // namespace mlmon
