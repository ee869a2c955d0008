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
  std::string sigv4;  // "aws:amz:REGION:SERVICE": username and password are keys that sign; empty: no
  bool keeps_session = false;  // by cookies, in memory
  std::int64_t timeout_ms = 30'000;

  bool has_header(std::string_view name) const { return header(name) != nullptr; }
  const std::string* header(std::string_view name) const;  // whatever its case; null: there is none
};

/// What differs between types of endpoints.
struct HttpKeys {
  enum class Credentials { usual, token_is_password, none };

  std::string url{};  // where the key url is not given; empty: it must be
  Credentials credentials = Credentials::usual;
};

/// The keys url, method, headers, token, username, password, ca_file. Throws config_error; no
/// message shows a value.
HttpSettings read_http_settings(const Json& endpoint, std::int64_t timeout_ms,
                                const HttpKeys& keys = {});

}  // namespace mlmon::transport
