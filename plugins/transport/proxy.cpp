#include "plugins/transport/proxy.h"

#include <curl/curl.h>

#include <cstdlib>
#include <memory>
#include <vector>

namespace mlmon::transport {
namespace {

/// Empty: it is not a URL, or has no host.
std::string host_of(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parts(curl_url(), curl_url_cleanup);
  const unsigned flags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
  char* host = nullptr;
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), flags) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return "";
  }
  const std::string found = host;
  curl_free(host);
  return found;
}

}  // namespace

std::string proxy_blamed(const std::string& url, const std::string& failure) {
  // As libcurl asks for them.
  std::vector<const char*> names = {"http_proxy"};
  if (url.starts_with("https")) names = {"https_proxy", "HTTPS_PROXY"};
  names.insert(names.end(), {"all_proxy", "ALL_PROXY"});
  for (const char* name : names) {
    const char* proxy = std::getenv(name);
    if (proxy == nullptr || *proxy == '\0') continue;
    const std::string host = host_of(proxy);
    return !host.empty() && failure.find(" " + host + " ") != failure.npos ? name : "";
  }
  return "";
}

}  // namespace mlmon::transport
