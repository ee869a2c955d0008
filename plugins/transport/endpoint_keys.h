#pragma once

#include <mlmon/delivery.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mlmon::transport {

/// The keys that a type of target or receiver needs and may have, beside the common ones.
struct EndpointType {
  std::string_view name;
  std::vector<std::string_view> needs;
  std::vector<std::string_view> may_have;
};

/// The tables `targets` or `receivers` of a configuration that the host's schema accepted; where
/// there are none, the one in `otherwise`, as JSON. `common`: the keys that every type may have.
/// Throws config_error: `targets[0]: type "http" needs url`, `targets[0].env: type "http" takes no env`. Each table names a type.
std::vector<Json> read_endpoints(const Json& config, std::string_view key,
                                 std::string_view otherwise,
                                 const std::vector<std::string_view>& common,
                                 const std::vector<EndpointType>& types);

/// Of A-Z, a-z, 0-9, `_`, `.` and `-`, at most 100.
bool is_endpoint_name(std::string_view name);

/// How the host is to treat the endpoint: `name` and the keys `timeout` and `retry`.
EndpointSpec read_spec(const Json& endpoint, std::string name);

/// Throws config_error where a text holds a NUL, at which the system's calls would cut it.
const std::string& text_without_nul(const Json& text);

}  // namespace mlmon::transport
