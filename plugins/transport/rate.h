#pragma once

#include <cstdint>
#include <mlmon/json.hpp>
#include <optional>

namespace mlmon::transport {

/// So many in any span of that length.
struct Rate {
  std::int64_t limit = 0;
  std::int64_t period_ns = 0;
};

/// "10/1m"; of "" nothing. Throws config_error.
std::optional<Rate> read_rate(const Json& text);

}  // namespace mlmon::transport
