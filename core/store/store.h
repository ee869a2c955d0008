#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  std::vector<std::int64_t> recent_ms;   // tries that its rate limit counts, oldest first
  std::int64_t overflowed = 0;           // the last outbox row that has waited for the rate limit
};

/// What became of a try.
struct Settlement {
  enum class Status { kDelivered = 0, kWaiting = 1, kDead = 2 };
  std::int64_t row = 0;
  Status status = Status::kDelivered;
  std::int64_t tried_ms = 0;     // wall clock, ms since 1970
  std::int64_t next_try_ms = 0;  // kWaiting: likewise
  std::string error;             // kWaiting, kDead: why; kDelivered: what the receiver answered
  std::uint32_t fallback = 0;    // kDead: the endpoint that gets the action then; 0: none
  std::int64_t poll_ms = 0;      // kDelivered: when to ask first what became of it; 0: never
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

/// An action that was committed and may not have been written.
struct DueLine {
  std::int64_t number = 0;
  std::string json;
};

class TellingStore;

/// The durable memory of mlmon: positions, what observers know, actions, outbox and jobs. Thread-safe: the
/// pipeline commits while observers ask and endpoints deliver. After a call that failed in the middle of
/// a transaction nothing of it is there.
class Store {
 public:
  virtual ~Store() = default;

  /// Files that begin with the same bytes, each with how far it was read.
  virtual Result<std::vector<KnownSource>> sources_like(const Fingerprint& head) = 0;

  /// The sizes of the heads that are known.
  virtual Result<std::vector<std::uint64_t>> head_sizes() = 0;

  /// Gives visit() all that an observer keeps. Models are interned in `models`.
  virtual Result<void> load_state(
      const std::string& observer, ModelTable& models,
      const std::function<void(std::uint32_t model, std::string_view key, std::string_view value)>&
          visit) = 0;

  /// One checkpoint, atomically: adds the actions whose id is not known yet, and all the rest.
  virtual Result<Committed> commit(const Checkpoint& checkpoint, const ModelTable& models) = 0;

  /// Actions behind the last one that is known to be written, in order, at most `limit`.
  virtual Result<std::vector<DueLine>> unwritten(std::int64_t after, std::size_t limit) = 0;
  virtual Result<std::int64_t> written() = 0;
  virtual Result<std::optional<OutputPlace>> output_place(std::uint64_t device,
                                                          std::uint64_t inode) = 0;

  /// The number of an endpoint, the same in every run.
  virtual Result<std::uint32_t> endpoint_number(const std::string& name) = 0;

  /// At most `limit` actions that are due for the endpoint, oldest first.
  virtual Result<std::vector<OutboxItem>> due(std::uint32_t endpoint, std::int64_t now_ms,
                                              std::size_t limit) = 0;

  /// When the next of those that wait for the endpoint is due, ms since 1970; nothing: none waits.
  virtual Result<std::optional<std::int64_t>> next_due_ms(std::uint32_t endpoint) = 0;

  virtual Result<Pacing> pacing(std::uint32_t endpoint) = 0;
  virtual Result<void> set_pacing(std::uint32_t endpoint, const Pacing& pacing) = 0;

  /// The outbox as the steps between an action and its telling see it. As thread-safe as this.
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

  virtual Result<OutboxTotals> totals() = 0;

  /// Takes the texts of actions away that were written and delivered more than a week ago; their ids stay
  /// known. Does a bounded amount of work; to be called once a run.
  virtual Result<void> prune(std::int64_t now_ns) = 0;

  /// Jobs that have ended and whose end no observer was told yet.
  virtual Result<std::vector<std::pair<JobEnd, std::uint32_t>>> untold_ends(ModelTable& models) = 0;

  /// Somebody else has changed the store since the last call.
  virtual Result<bool> changed() = 0;

  /// The job of this id has ended; `in_replay`: and nothing is still to tell of it, neither the registry
  /// nor the journal. May say no for an end that untold_ends() has not given yet: it comes as an
  /// event.
  virtual Result<bool> has_ended(std::string_view job, bool in_replay) = 0;

  /// The journal, in order.
  virtual Result<std::vector<JournalEntry>> journal() = 0;

  /// How far a source had been read when the journal's entries were told, ascending: what holds for an entry
  /// is the first whose `entry` is not before it.
  virtual Result<std::vector<ToldPlace>> told_places(std::int64_t source_row) = 0;
};

}  // namespace mlmon
