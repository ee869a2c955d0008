#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// A mistake in the configuration, for people.
struct ConfigError {
  std::string place;  // "FILE:LINE", "--set KEY=VALUE", "FILE", or empty
  std::string key;    // "observers.retraining.min_f1", or empty
  std::string text;   // "expected a number in [0, 1] or false, got \"high\""

  /// "PLACE: KEY: text"; the key is left out where the place names it already.
  std::string to_string() const;
};

/// One observer as configured: a table [observers.NAME].
struct ObserverConfig {
  enum class Overflow { kBlock, kDropNewest };

  std::string name;
  std::string plugin;  // a short name, or a path of a .so, which has a slash
  bool enabled = true;
  std::vector<std::string> models = {"*"};  // of a GlobList
  std::vector<std::string> types;           // empty: what the plugin subscribes to
  Overflow overflow = Overflow::kBlock;
  std::uint32_t capacity = 2048;  // events queued, its own or that of [bus]
  bool apart = false;             // isolation = "process"

  /// The plugin's own keys as a JSON object: values as given, no defaults.
  std::string own = "{}";

  /// JSON pointers into `own` to the place that gave the value; "" is the table itself. A place of
  /// an own key never shows its value: "--set KEY" where one of the host would say "--set
  /// KEY=VALUE".
  std::map<std::string, std::string, std::less<>> places;

  /// JSON pointers into `own` to what stands in the file, and the folder of that.
  std::set<std::string> in_file;
  std::string folder;
  std::string home;  // what `~` at the start of a path is

  /// JSON pointers into `own` to what came from the environment or from a secret's file.
  std::set<std::string> secrets;
};

/// Where the value at a JSON pointer was given; for a missing one, where the nearest thing around
/// it was.
std::string place_of(const ObserverConfig& observer, std::string_view pointer);

/// The key at a JSON pointer: "observers.retraining.rules[0].metric".
std::string key_of(const ObserverConfig& observer, std::string_view pointer);

/// The own keys as JSON with the paths at these pointers as seen from the working folder: those in the file
/// go from its folder, and `~` at the start of any is the home folder.
std::string with_paths(const ObserverConfig& observer, const std::string& own,
                       const std::set<std::string>& paths);

/// A mistake in the observer's own keys, with its place and key.
ConfigError own_key_error(const ObserverConfig& observer, std::string_view pointer,
                          std::string text);

/// JSON for people: what the pointers lead to is "***". Pointers that lead nowhere do nothing.
/// Gives "***" for what is no JSON.
std::string redact(std::string_view json, const std::set<std::string>& secrets);

/// The pointer to a member or an item of what `pointer` leads to.
std::string append_pointer(std::string_view pointer, std::string_view key);
std::string append_pointer(std::string_view pointer, std::size_t index);

}  // namespace mlmon
