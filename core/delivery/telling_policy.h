#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/store/telling_store.h"

namespace mlmon {

/// The steps from an alert's change of state to its telling, in order. Each may answer "not told, because
/// …", and that answer is kept (`mlmon alerts show`).
///
/// | step | where | holds back |
/// |---|---|---|
/// | record | AlertRecord, with the checkpoint | nothing |
/// | flap | the observer | changes of an alert that flaps: they make no action |
/// | inhibit | the observer's word: the member `suppressed` of its action | what another alert explains |
/// | backlog | SqlStore::add_deliveries | with --backlog: what is history |
/// | route | Deliveries::route | what no receiver takes |
/// | silence | here, when it is due | what a silence covers, until it ends |
/// | unheard | here, when it is due | the end of what was held back when it began |
/// | group | TellingStore::message | what waits for more of its group |
/// | rate-limit | EndpointHost::allowed_now | what is too much now: it is folded into a digest |
/// | send | the plugin's endpoint | what the receiver does not take: tried again, or its fallback gets it |
class TellingPolicy {
 public:
  /// Of one endpoint; the store outlives it.
  explicit TellingPolicy(TellingStore& store) : store_(store) {}

  /// Takes those that are not to be told now out of the items, and out of the outbox.
  Result<void> hold_back(std::vector<OutboxItem>& items, std::int64_t now_ms);

 private:
  TellingStore& store_;
};

}  // namespace mlmon
