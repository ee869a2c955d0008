#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace mlmon {

/// The text holds the secret that a ConfigTrial knows.
bool tells_secret(const std::string& text);

/// A text taken for a configuration, m.toml, where there are one variable and one file with a secret.
class ConfigTrial {
 public:
  ConfigTrial(const std::string& text, bool found_by_itself, const std::vector<std::string>& sets);

  bool is_toml() const { return load_.config.has_value(); }
  const std::vector<std::string>& errors() const { return errors_; }

  /// What is wrong with what came of it; empty: nothing. Each error has a place, they are the same each time, and neither they
  /// nor the values given tell the secret.
  std::string broken_promise() const;

 private:
  ConfigLoad load_;
  std::vector<std::string> errors_, errors_again_;
};

}  // namespace mlmon
