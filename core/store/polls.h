#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/result.h"
#include "core/store/outbox_store.h"
#include "core/store/database.h"

namespace mlmon {

// Retrainings whose target is asked now and then whether they have ended. All that write run inside a
// transaction of the caller's.

/// The outbox row was delivered: ask from `next_ms` on. Before the row goes.
Result<void> add_poll(Database& database, std::int64_t outbox_row, std::int64_t next_ms);

/// At most `limit` that are due for the endpoint, the longest due first. What has ended in another way is
/// not asked for. `run`: see only_actions_of().
Result<std::vector<OutboxItem>> due_polls(Database& database, std::int64_t run, std::uint32_t endpoint,
                                          std::int64_t now_ms, std::size_t limit);

/// When the next is due; nothing: there is none.
Result<std::optional<std::int64_t>> next_poll_ms(Database& database, std::int64_t run, std::uint32_t endpoint);

/// It was asked. True: its job has ended by that, and no observer was told yet.
Result<bool> settle_poll(Database& database, std::uint32_t endpoint, const PollSettlement& poll);

}  // namespace mlmon
