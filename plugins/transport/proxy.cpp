#include "plugins/transport/proxy.h"

#include <cstdlib>
#include <string_view>
#include <vector>

namespace mlmon::transport {
namespace {

/// `[scheme://][user:password@]host[:port]`: the host, without the brackets of an IPv6 address.
std::string host_of(std::string_view proxy) {
  if (const std::size_t scheme = proxy.find("://"); scheme != proxy.npos) proxy.remove_prefix(scheme + 3);
  proxy = proxy.substr(0, proxy.find('/'));
  if (const std::size_t at = proxy.rfind('@'); at != proxy.npos) proxy.remove_prefix(at + 1);
  if (proxy.starts_with('[')) return std::string(proxy.substr(1, proxy.find(']') - 1));
  return std::string(proxy.substr(0, proxy.find(':')));
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
