#include "plugins/transport/secrets.h"

#include <algorithm>

#include "plugins/transport/url.h"

namespace mlmon::transport {
namespace {

constexpr std::size_t kShortest = 4;

}  // namespace

Secrets::Secrets(const HttpSettings& settings) {
  add(settings.token);
  add(settings.password);
  add(password_in(settings.url));
  for (const auto& header : settings.headers) add(header.second);
}

void Secrets::add(std::string_view secret) {
  if (secret.size() < kShortest) return;
  secrets_.emplace_back(secret);
  if (std::string encoded = percent_encode(secret); encoded != secret) {
    secrets_.push_back(std::move(encoded));
  }
  std::sort(secrets_.begin(), secrets_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string Secrets::blank(std::string text) const {
  for (const std::string& secret : secrets_) {
    for (std::size_t at = 0; (at = text.find(secret, at)) != text.npos; at += 3) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace mlmon::transport
