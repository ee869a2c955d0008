#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// An action waits in an outbox row since its router could not say who gets it; now that has said it: the row
/// becomes one for each endpoint, and a job if `job`. Inside a transaction of the caller's.
Result<void> reroute_action(Database& database, std::int64_t outbox_row,
                            const std::vector<std::uint32_t>& endpoints, bool job);

}  // namespace mlmon
