#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/transport/http_settings.h"
#include "plugins/transport/sender.h"

namespace mlmon::transport {

/// One request. What its settings say of credentials and headers comes on top.
struct HttpRequest {
  using Header = std::pair<std::string, std::string>;

  std::string method = "POST";
  std::string url;  // with its scheme
  std::string body;
  std::string content_type = "application/json";  // of a request with a body
  std::vector<Header> headers;
  std::string bearer;  // a token in place of the credentials of the settings; empty: those
};

/// What became of a request.
struct HttpAnswer {
  std::string failure;  // why there is no answer; empty: there is one
  bool cancelled = false;
  long status = 0;
  std::int64_t retry_after_ms = -1;  // -1: not told
  std::string location;              // of a redirect, which is not followed
  std::string body;                  // its first kMostRead bytes
  bool cut = false;                  // it is longer than that
};

/// Sends requests and keeps the connection. TLS is verified, redirects are not followed, and of an
/// answer (headers and body) at most kMostRead bytes are read: what is longer is cut off and counts as
/// complete. One thread. Before the first one of a process nothing of libcurl runs.
class HttpClient {
 public:
  using Header = HttpRequest::Header;

  explicit HttpClient(HttpSettings settings);
  ~HttpClient();

  const HttpSettings& settings() const { return settings_; }

  /// Ends after the time, whatever the server does, and within about a second once `cancelled` says so.
  HttpAnswer send(const HttpRequest& request, std::int64_t timeout_ms, const Cancelled& cancelled);

  /// To the URL of the settings, by their method and within their timeout.
  HttpAnswer send(const std::string& body, const std::vector<Header>& headers,
                  const Cancelled& cancelled);

 private:
  struct Transfer;
  void set_credentials(const HttpRequest& request);
  HttpAnswer to_answer(int code, const char* error, Transfer& transfer) const;

  const HttpSettings settings_;
  std::unique_ptr<void, void (*)(void*)> curl_;  // CURL*
};

/// One try of a delivery: its requests share the timeout of the settings.
class HttpTry {
 public:
  HttpTry(HttpClient& client, const Cancelled& cancelled);
  HttpAnswer send(const HttpRequest& request);

 private:
  HttpClient& client_;
  const Cancelled& cancelled_;
  const std::chrono::steady_clock::time_point end_;
};

/// With scheme http or https and a host.
bool is_http_url(const std::string& url);

}  // namespace mlmon::transport
