#pragma once

#include <cstdint>

#include "core/store/database.h"

namespace mlmon {

/// How long the texts of actions that are done, what was told of alerts, and silences that are over are kept, where
/// nobody says otherwise. Ids of actions, jobs, the journal and what observers keep stay for ever: what was done
/// once is not done again.
inline constexpr std::int64_t kKeptDays = 7;

/// What went.
struct Pruned {
  std::int64_t texts = 0;          // of actions that are written and delivered
  std::int64_t alerts = 0;         // that are over
  std::int64_t alert_changes = 0;  // of alerts
  std::int64_t tellings = 0;       // who was told of these
  std::int64_t silences = 0;       // that are over
};

/// The last action that is older than so many days of the clock; 0: none. By days on which runs began, as they are
/// noted. 0 days: the last of all.
Result<std::int64_t> last_action_before(Database& database, std::int64_t now_ms, std::int64_t days);

/// Prunes what is done of the actions (after, to]. What is still needed keeps its text: what waits, dead letters,
/// jobs, alerts that fire. In a transaction of the caller's.
Result<Pruned> prune_actions(Database& database, std::int64_t after, std::int64_t to);

}  // namespace mlmon
