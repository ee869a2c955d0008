#include "plugins/alert/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace mlmon::alert {

namespace {

std::string to_hex(const unsigned char* digest, unsigned size) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += hex[digest[i] >> 4];
    out += hex[digest[i] & 15];
  }
  return out;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, message.size(), digest,
            &size)) {
    throw std::runtime_error("libcrypto makes no HMAC-SHA256");
  }
  return to_hex(digest, size);
}

std::string sha256(std::string_view message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!EVP_Digest(message.data(), message.size(), digest, &size, EVP_sha256(), nullptr)) {
    throw std::runtime_error("libcrypto makes no SHA-256");
  }
  return to_hex(digest, size);
}

}  // namespace mlmon::alert
