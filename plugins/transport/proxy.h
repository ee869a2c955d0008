#pragma once

#include <string>

namespace mlmon::transport {

/// The variable of the environment by which requests to that URL go to a proxy, if the text of a failure is about
/// the host of that proxy; else empty.
std::string proxy_blamed(const std::string& url, const std::string& failure);

}  // namespace mlmon::transport
