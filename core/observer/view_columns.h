#pragma once

#include <mlmon/batch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/observer/observer_queue.h"
#include "core/observer/subscription.h"

namespace mlmon {

/// A view as a plugin gets it, but for the fields that it asked for. Points into the view's batch, and into
/// `selected`: the rows that are subscribed to.
mlmon_batch columns_of(const BatchView& view, Subscription& subscription,
                       std::vector<std::uint32_t>& selected);

/// The lines of the view, for people: "events.ndjson:5-8".
std::string place_of(const BatchView& view);

}  // namespace mlmon
