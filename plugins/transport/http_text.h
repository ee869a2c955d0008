#pragma once

#include <string>

#include "plugins/transport/http_client.h"
#include "plugins/transport/secrets.h"

namespace mlmon::transport {

/// The request as it would be sent, for people: method and URL, headers, an empty line, the body.
/// Credentials, the values of own headers and `secrets` are `***`.
std::string to_text(const HttpRequest& request, const HttpSettings& settings,
                    const Secrets& secrets);

}  // namespace mlmon::transport
