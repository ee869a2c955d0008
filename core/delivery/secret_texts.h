#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon {

/// Secrets of a configuration, to be kept out of what a plugin or its peer says: a dry run shows requests
/// that are made of them, and a server may say one back in an answer.
class SecretTexts {
 public:
  SecretTexts() = default;

  /// The texts that the JSON pointers lead to, and all within. Those of less than four bytes are left out:
  /// they would blank half of any message.
  SecretTexts(std::string_view json, const std::set<std::string>& pointers);

  /// With `***` for each, also where it is escaped as in JSON or percent-encoded as in a form.
  std::string blank(std::string text) const;

 private:
  void add(const std::string& secret);

  std::vector<std::string> texts_;  // the longest first
};

}  // namespace mlmon
