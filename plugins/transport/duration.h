#pragma once

#include <cstdint>
#include <mlmon/json.hpp>

namespace mlmon::transport {

/// The milliseconds of a duration as section 6 of the contract has it, "30s". Throws config_error.
std::int64_t duration_ms(const Json& text);

}  // namespace mlmon::transport
