#pragma once

#include <string>
#include <string_view>

namespace mlmon::alert {

/// HMAC-SHA256 (RFC 2104) as 64 hexadecimal digits in lower case.
std::string hmac_sha256(std::string_view key, std::string_view message);

/// SHA-256 (FIPS 180-4), likewise.
std::string sha256(std::string_view message);

}  // namespace mlmon::alert
