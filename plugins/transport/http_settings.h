#pragma once

#include <cstdint>
#include <mlmon/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlmon::transport {

/// Where requests of an endpoint go, and what all of them carry.
struct HttpSettings {
  std::string url;
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string token;               // Bearer; empty: none
  std::string username, password;  // Basic; no username: none
  std::string ca_file;             // empty: what the system trusts
  std::int64_t timeout_ms = 30'000;

  bool has_header(std::string_view name) const;  // whatever its case
};

/// The keys url, method, headers, token, username, password, ca_file. Throws config_error; no
/// message shows a value.
HttpSettings read_http_settings(const Json& endpoint, std::int64_t timeout_ms);

}  // namespace mlmon::transport
