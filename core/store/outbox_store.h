#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint.h"

namespace mlmon {

/// An action that waits to be delivered to one endpoint.
struct OutboxItem {
  std::int64_t row = 0;
  std::string id;
  std::string json;
  std::uint32_t attempts = 0;      // tries so far
  std::int64_t first_try_ms = 0;   // wall clock, ms since 1970; 0: none yet
  std::string began{};             // the action that the alert began with, if that was asked for
};

/// What holds an endpoint back, from one run to the next. Wall clock, ms since 1970.
struct Pacing {
  std::int64_t rests_until_ms = 0;       // its receiver asked for rest until then; 0: it did not
  static constexpr std::int64_t kTryNow = -1;  // in its place: somebody asked for another try
  std::int64_t rests_since_ms = 0;       // when it asked
  std::vector<std::int64_t> recent_ms;   // tries that its rate limit counts, oldest first
  std::int64_t overflowed = 0;           // the last outbox row that has waited for the rate limit
};

/// Changes it. False: it stays as it is, since what was to be done may not be done now.
using PacingChange = std::function<bool(Pacing&)>;

/// What became of a try.
struct Settlement {
  enum class Status { kDelivered = 0, kWaiting = 1, kDead = 2 };
  std::int64_t row = 0;
  Status status = Status::kDelivered;
  std::int64_t tried_ms = 0;     // wall clock, ms since 1970
  std::int64_t next_try_ms = 0;  // kWaiting: likewise
  std::string error;             // kWaiting, kDead: why; kDelivered: what the receiver answered
  std::int64_t poll_ms = 0;      // kDelivered: when to ask first what became of it; 0: never
  std::uint32_t fallback = 0;    // kDead: the endpoint that gets the action then; 0: none
};

/// What a target said of a retraining that it has taken.
struct PollSettlement {
  std::int64_t row = 0;       // of the OutboxItem that due_polls() gave
  std::int64_t next_ms = 0;   // to be asked again then ...
  std::optional<JobEnd> end;  // ... unless it has ended
};

/// What became of the actions that this run added, each by the worst of its deliveries.
struct OutboxTotals {
  std::uint64_t waiting = 0, dead = 0, queued = 0;
  std::uint64_t waiting_from_before = 0;  // added by earlier runs
  std::uint64_t died = 0;  // deliveries that failed for good in this run, whichever run added them
};

class TellingStore;

/// What waits to be delivered, as the endpoints of a run see it. Thread-safe, likewise.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;

  /// The number of an endpoint, the same in every run.
  virtual Result<std::uint32_t> endpoint_number(const std::string& name) = 0;

  /// At most `limit` actions that are due for the endpoint, oldest first.
  virtual Result<std::vector<OutboxItem>> due(std::uint32_t endpoint, std::int64_t now_ms,
                                              std::size_t limit) = 0;

  /// When the next of those that wait for a time is due, ms since 1970; nothing: none does. Not looked at are
  /// those that are due at once: due() has them.
  virtual Result<std::optional<std::int64_t>> next_due_ms(std::uint32_t endpoint) = 0;
  virtual Result<Pacing> pacing(std::uint32_t endpoint) = 0;

  /// Others may deliver to the same endpoint, so that its pacing may change meanwhile.
  virtual bool is_shared_pacing() const = 0;

  /// Changes `pacing`, which the endpoint has as of its last look, and keeps it; where others deliver too, what it is
  /// by now is changed. False: change() has said no.
  virtual Result<bool> change_pacing(std::uint32_t endpoint, Pacing& pacing, const PacingChange& change) = 0;

  /// The same as the steps between an action and its telling see it. As thread-safe.
  virtual TellingStore& tellings() = 0;

  /// Records what became of deliveries.
  virtual Result<void> settle(const std::vector<Settlement>& settlements) = 0;

  /// Retrainings that the endpoint has taken and is to be asked for now, at most `limit`; their `row` is good
  /// for settle_polls() only.
  virtual Result<std::vector<OutboxItem>> due_polls(std::uint32_t endpoint, std::int64_t now_ms,
                                                    std::size_t limit) = 0;

  /// When the next of them is due, ms since 1970; nothing: there is none.
  virtual Result<std::optional<std::int64_t>> next_poll_ms(std::uint32_t endpoint) = 0;

  virtual Result<void> settle_polls(std::uint32_t endpoint,
                                    const std::vector<PollSettlement>& polls) = 0;
  /// An action that waits in this row, since its router could not say who gets it, goes to these endpoints,
  /// and to the model registry's queue if `job`.
  virtual Result<void> reroute(std::int64_t row, const std::vector<std::uint32_t>& endpoints, bool job) = 0;

  virtual Result<OutboxTotals> totals() = 0;
};

}  // namespace mlmon
