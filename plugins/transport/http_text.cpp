#include "plugins/transport/http_text.h"

#include "plugins/transport/url.h"

namespace mlmon::transport {

std::string to_text(const HttpRequest& request, const HttpSettings& settings,
                    const Secrets& secrets) {
  std::string text = request.method + " " + without_password(request.url) + "\n";
  const auto add = [&text](const std::string& name, const std::string& value) {
    text += name + ": " + value + "\n";
  };
  add("User-Agent", "mlmon/" MLMON_VERSION);
  const bool has_body = !request.body.empty() || request.method != "GET";
  if (has_body && !settings.has_header("content-type")) add("Content-Type", request.content_type);
  if (!settings.sigv4.empty()) {
    add("Authorization", "AWS4-HMAC-SHA256 ***");
  } else if (!settings.token.empty()) {
    add("Authorization", "Bearer ***");
  } else if (!settings.username.empty() || !password_in(request.url).empty()) {
    add("Authorization", "Basic ***");
  }
  for (const auto& header : settings.headers) add(header.first, "***");
  for (const auto& header : request.headers) {
    if (!settings.has_header(header.first)) add(header.first, secrets.blank(header.second));
  }
  if (has_body) text += "\n" + secrets.blank(request.body) + "\n";
  return text;
}

}  // namespace mlmon::transport
