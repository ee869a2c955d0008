#include "plugins/transport/http_settings.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "plugins/transport/endpoint_keys.h"
#include "plugins/transport/http_client.h"

namespace mlmon::transport {
namespace {

/// What the delivery itself says of a request.
constexpr std::array<std::string_view, 7> kOurs = {
    "content-length", "transfer-encoding",  "host",      "connection",
    "expect",         "x-mlmon-signature", "idempotency-key"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
  });
}

/// One that could end the header and begin another is none.
const std::string& header_value(const Json& value) {
  const std::string& text = value.text();
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
  if (control) throw config_error(value.path() + ": expected no control characters in it");
  return text;
}

void read_headers(const Json& table, HttpSettings& settings) {
  for (const std::string& name : table.names()) {
    const std::string path = table.path() + "." + name;
    if (!is_token(name)) throw config_error(path + ": this is no name of a header");
    if (settings.has_header(name)) throw config_error(path + ": stands there twice");
    const std::string known = lower(name);
    if (std::find(kOurs.begin(), kOurs.end(), known) != kOurs.end()) {
      throw config_error(path + ": mlmon sets this header itself");
    }
    settings.headers.emplace_back(name, header_value(table.at(name)));
  }
}

/// A user and a token of theirs in place of the password.
void read_user_token(const Json& endpoint, HttpSettings& settings) {
  if (endpoint.has("token") != endpoint.has("username")) {
    throw config_error(endpoint.path() + ": expected username and token together");
  }
  if (!endpoint.has("token")) return;
  if (settings.has_header("authorization")) {
    throw config_error(endpoint.path() + ": expected one of username and the header Authorization");
  }
  settings.username = text_without_nul(endpoint.at("username"));
  settings.password = text_without_nul(endpoint.at("token"));
}

void read_credentials(const Json& endpoint, HttpSettings& settings) {
  const bool token = endpoint.has("token"), username = endpoint.has("username");
  const bool header = settings.has_header("authorization");
  if (token + username + header > 1) {
    throw config_error(endpoint.path() +
                       ": expected one of token, username and the header Authorization");
  }
  if (endpoint.has("password") != username) {
    throw config_error(endpoint.path() + ": expected username and password together");
  }
  if (token) settings.token = header_value(endpoint.at("token"));
  if (!username) return;
  settings.username = text_without_nul(endpoint.at("username"));
  settings.password = text_without_nul(endpoint.at("password"));
}

}  // namespace

const std::string* HttpSettings::header(std::string_view name) const {
  const auto found = std::find_if(
      headers.begin(), headers.end(),
      [known = lower(name)](const auto& header) { return lower(header.first) == known; });
  return found == headers.end() ? nullptr : &found->second;
}

HttpSettings read_http_settings(const Json& endpoint, std::int64_t timeout_ms,
                                const HttpKeys& keys) {
  HttpSettings settings;
  settings.timeout_ms = timeout_ms;
  settings.url = endpoint.has("url") ? text_without_nul(endpoint.at("url")) : keys.url;
  if (!is_http_url(settings.url)) {
    throw config_error((endpoint.path().empty() ? "url" : endpoint.path() + ".url") +
                       ": expected a URL with http:// or https://");
  }
  if (endpoint.has("method")) settings.method = endpoint.text("method");
  if (endpoint.has("ca_file")) settings.ca_file = text_without_nul(endpoint.at("ca_file"));
  if (endpoint.has("headers")) read_headers(endpoint.at("headers"), settings);
  using Credentials = HttpKeys::Credentials;
  if (keys.credentials == Credentials::usual) read_credentials(endpoint, settings);
  if (keys.credentials == Credentials::token_is_password) read_user_token(endpoint, settings);
  return settings;
}

}  // namespace mlmon::transport
