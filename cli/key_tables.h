#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// The configuration's keys for people, made of the host's list and of the plugins' schemas: what
/// `mlmon config init` and mlmon.toml(5) are made of.
struct KeyText {
  std::string name;
  std::string standard;  // what it is when nobody gives it, in TOML; empty: nothing
  std::string example;   // the same, or a value of that type
  std::string type;      // "a number in [0, 1] or false"
  std::string meaning;
};

struct KeyTable {
  std::string name;       // "input", "observers.alert", "observers.alert.receivers"
  bool repeated = false;  // an array of tables: [[NAME]]
  std::string meaning;    // empty: nothing to say
  std::vector<KeyText> keys;

  /// "[NAME]" or "[[NAME]]".
  std::string heading() const;
};

/// [input], [state], [bus] and what else is the host's; [observers.NAME] last.
std::vector<KeyTable> host_tables();

/// The own keys of an observer and, after them, its arrays of tables. `schema`: of its class, as JSON.
std::vector<KeyTable> plugin_tables(const std::string& observer, std::string_view schema);

/// JSON as a TOML value on one line. JSON that TOML cannot say (null) becomes "".
std::string toml_of(std::string_view json);

}  // namespace mlmon
