#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/config/config.h"
#include "core/config/toml_reader.h"

namespace mlmon {

/// Collects what is wrong with a configuration, and knows how its sources are called.
class ConfigProblems {
 public:
  explicit ConfigProblems(const ConfigSources& sources);

  void add(const Place& place, std::string key, std::string text);

  /// Of a text that names its place itself.
  void add_as_is(std::string text);

  /// "FILE:LINE", "--set KEY=VALUE" or "built-in defaults".
  std::string name(const Place& place) const;

  /// The errors, in the order of their places.
  std::vector<ConfigError> take();

 private:
  std::string file_;
  std::vector<std::string> labels_;  // of the sets
  std::vector<std::pair<Place, ConfigError>> found_;
};

}  // namespace mlmon
