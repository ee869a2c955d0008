#pragma once

#include <mlmon/json.hpp>
#include <string>

namespace mlmon::rules {

/// Mistakes in a configuration, so that people are told all of them at once.
class Problems {
 public:
  /// `path` is the key's: "rules[0].for".
  void add(const std::string& path, const std::string& text);

  /// Runs `read` and adds what it throws.
  template <class Read>
  void collect(const Read& read) {
    try {
      read();
    } catch (const config_error& error) {
      add_line(error.what());
    }
  }

  /// Throws a config_error with a line for each mistake, where there are any.
  void throw_any() const;

 private:
  void add_line(const std::string& line);

  std::string lines_;
};

}  // namespace mlmon::rules
