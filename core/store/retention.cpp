#include "core/store/retention.h"

#include <utility>

#include "core/store/query.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

template <class... Values>
Result<void> remove(Database& database, const char* sql, std::int64_t& removed, const Values&... values) {
  if (const auto done = run_once(database, sql, values...); !done) return done;
  removed = database.changes();
  return {};
}

}  // namespace

Result<std::int64_t> last_action_before(Database& database, std::int64_t now_ms, std::int64_t days) {
  if (days == 0) return number_of(database, "SELECT max(n) FROM actions");
  const auto end =
      number_of(database, "SELECT max(first_action) FROM days WHERE day <= ?", now_ms / kMsPerDay - days);
  if (!end) return end;
  return *end > 0 ? *end - 1 : 0;
}

Result<Pruned> prune_actions(Database& database, std::int64_t after, std::int64_t to) {
  Pruned pruned;
  const auto texts = remove(
      database,
      "UPDATE actions SET json = '' WHERE n > ?1 AND n <= ?2 AND json <> '' "
      "AND n NOT IN (SELECT action FROM outbox) AND n NOT IN (SELECT n FROM jobs) "
      "AND n NOT IN (SELECT action FROM held) "
      "AND n NOT IN (SELECT action FROM polls) "
      "AND n NOT IN (SELECT began FROM alerts WHERE state IN ('firing', 'flapping')) "
      "AND n NOT IN (SELECT newest FROM alerts WHERE state IN ('firing', 'flapping')) "
      "AND (n <= (SELECT value FROM meta WHERE key = 'written') OR "
      "n <= (SELECT s.written FROM sources s WHERE s.n = actions.home))",
      pruned.texts, after, to);
  if (!texts) return texts.error();
  const std::pair<const char*, std::int64_t*> old_ones[] = {
      {"DELETE FROM alerts WHERE newest <= ? AND state NOT IN ('firing', 'flapping')", &pruned.alerts},
      {"DELETE FROM alert_changes WHERE action <= ? AND action NOT IN (SELECT action FROM outbox) AND "
       "NOT EXISTS (SELECT 1 FROM alerts a WHERE a.n = alert AND alert_changes.began = a.began)",
       &pruned.alert_changes},
      {"DELETE FROM tellings WHERE action <= ? AND action NOT IN (SELECT action FROM alert_changes)",
       &pruned.tellings}};
  for (const auto& [sql, count] : old_ones) {
    if (const auto gone = remove(database, sql, *count, to); !gone) return gone.error();
  }
  return pruned;
}

}  // namespace mlmon
