#pragma once

#include <string>

#include "core/event/batch.h"
#include "core/event/event_parser.h"
#include "core/event/models.h"

namespace mlmon {

/// What a second, slow reader made of nlohmann's JSON says against a batch, which was parsed by these rules; empty: nothing.
///
/// A row's line must be one JSON object with the type, model, time and figures of the row, to the bit; a line that is bad
/// as no JSON or no object must not be one. It passes over what nlohmann sees in another way: numbers beyond the doubles,
/// NaN for null, lines with a byte order mark, depth beyond 1,000 and what was unwrapped.
std::string judgement_of(const Batch& batch, const ModelTable& models, const EventRules& rules);

}  // namespace mlmon
