#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/transport/http_settings.h"

namespace mlmon::transport {

/// Texts that nobody is to read: a peer may say them back in an answer.
class Secrets {
 public:
  Secrets() = default;
  explicit Secrets(const HttpSettings& settings);  // token, password, that of the URL, headers

  /// Texts of less than four bytes are left out: they would blank half of any message.
  void add(std::string_view secret);

  /// With `***` for each of them, also as a form or a URL has it.
  std::string blank(std::string text) const;

 private:
  std::vector<std::string> secrets_;  // the longest first
};

}  // namespace mlmon::transport
