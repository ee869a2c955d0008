#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/store/outbox_store.h"
#include "core/store/silences.h"

namespace mlmon {

/// A telling that is not made, or not yet.
struct HeldBack {
  std::int64_t row = 0;       // in the outbox
  std::string step;           // of the policy: "silence" ...
  std::int64_t until_ms = 0;  // to be looked at again then; kForGood: never
  std::string why;
  static constexpr std::int64_t kForGood = -1;
};

/// Which actions the next message of an endpoint may hold.
struct MessageWish {
  std::int64_t now_ms = 0;
  std::size_t most = 1;         // actions
  std::int64_t overflowed = 0;  // if a row up to this one is due, all that wait make one message; 0: none
};

/// The outbox between an action and its telling: what is held back, and what goes together. Every call is
/// one transaction; wall clock is ms since 1970.
class TellingStore {
 public:
  virtual ~TellingStore() = default;

  virtual Result<std::vector<Silence>> silences(std::int64_t now_ms) = 0;

  /// Takes tellings out of the outbox and keeps why. One that is held for a while and is no longer the last
  /// word about its alert when that is over, is not made at all.
  virtual Result<void> hold(const std::vector<HeldBack>& tellings, std::int64_t now_ms) = 0;

  /// Puts what was held back for an endpoint long enough into the outbox again. Gives when to come again;
  /// nothing: nothing is held.
  virtual Result<std::optional<std::int64_t>> release(std::uint32_t endpoint,
                                                      std::int64_t now_ms) = 0;

  /// Whether any telling was ever held back; else no end is unheard.
  virtual Result<bool> any_held() = 0;

  /// The end of an alert of which the endpoint was not told that it began, because that was held back.
  virtual Result<bool> unheard(std::int64_t row) = 0;

  /// The actions of the next message that is due, oldest first: one that was formed before as it was, else
  /// those of the oldest action's group. None: nothing is due.
  virtual Result<std::vector<OutboxItem>> message(std::uint32_t endpoint,
                                                  const MessageWish& wish) = 0;

  /// These actions are one message from here on, and the endpoint's pacing has changed; see
  /// OutboxStore::change_pacing().
  virtual Result<bool> form(std::uint32_t endpoint, const std::vector<OutboxItem>& items, Pacing& pacing,
                            const PacingChange& change) = 0;

  /// The last row that waits for the endpoint; 0: none does.
  virtual Result<std::int64_t> last_waiting(std::uint32_t endpoint) = 0;

  /// Nothing more will come into the groups of this run: what waits for more is due.
  virtual Result<void> close_groups(std::uint32_t endpoint, std::int64_t now_ms) = 0;

  /// Fills in the action that each alert began with.
  virtual Result<void> add_began(std::vector<OutboxItem>& items) = 0;

  /// Puts the alerts that fire and that the endpoint was told of into the outbox once more.
  virtual Result<void> renew(std::uint32_t endpoint) = 0;

  /// The backlog is over: of what was held back for that, what still fires is told, the rest is not.
  virtual Result<void> end_backlog(std::int64_t now_ms) = 0;
};

}  // namespace mlmon
