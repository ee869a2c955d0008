#pragma once

#include <cstdint>
#include <memory>
#include <mlmon/json.hpp>
#include <vector>

#include "plugins/retraining/targets/http_target.h"
#include "plugins/transport/endpoint_keys.h"

namespace mlmon::retraining {

/// The types of targets, each with the keys that it needs and may have beside the common ones.
const std::vector<transport::EndpointType>& target_types();

/// The target of a table whose keys were checked. Null: it is not asked by HTTP. Throws config_error.
std::unique_ptr<HttpTarget> make_http_target(const Json& table, std::int64_t timeout_ms);

}  // namespace mlmon::retraining
