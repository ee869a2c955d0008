#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/transport/http_settings.h"
#include "plugins/transport/sender.h"

namespace mlmon::transport {

/// What became of a request.
struct HttpAnswer {
  std::string failure;  // why there is no answer; empty: there is one
  bool cancelled = false;
  long status = 0;
  std::int64_t retry_after_ms = -1;  // -1: not told
  std::string location;              // of a redirect, which is not followed
  std::string body;                  // its first kMostRead bytes
};

/// Sends requests to one URL and keeps the connection. TLS is verified, redirects are not followed,
/// a try ends after the timeout whatever the server does, and of an answer (headers and body) at
/// most kMostRead bytes are read: what is longer is cut off and counts as complete. One thread.
/// Before the first one of a process nothing of libcurl runs.
class HttpClient {
 public:
  using Header = std::pair<std::string, std::string>;

  explicit HttpClient(HttpSettings settings);
  ~HttpClient();

  /// Ends within about a second once `cancelled` says so.
  HttpAnswer send(const std::string& body, const std::vector<Header>& headers,
                  const Cancelled& cancelled);

 private:
  struct Transfer;
  HttpAnswer to_answer(int code, const char* error, Transfer& transfer) const;

  const HttpSettings settings_;
  std::unique_ptr<void, void (*)(void*)> curl_;  // CURL*
};

/// With scheme http or https and a host.
bool is_http_url(const std::string& url);

}  // namespace mlmon::transport
