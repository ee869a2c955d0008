#pragma once

#include <cstdint>
#include <mlmon/json.hpp>
#include <optional>

namespace mlmon::transport {

/// The milliseconds of a duration as section 6 of the contract has it, "30s". Throws config_error.
std::int64_t duration_ms(const Json& text);

/// So many in any span of that length.
struct Rate {
  std::int64_t limit = 0;
  std::int64_t period_ms = 0;
};

/// "10/1m"; of "" nothing. Throws config_error.
std::optional<Rate> read_rate(const Json& text);

}  // namespace mlmon::transport
