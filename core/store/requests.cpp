#include "core/store/requests.h"

#include <string_view>

#include "core/event/rfc3339.h"
#include "core/store/journal.h"
#include "core/store/query.h"

// A job that had failed since no target took its request, and that is asked for once more.
#define MLMON_OPEN_AGAIN "jobs.external = 1 AND jobs.status = 'queued'"

namespace mlmon {
namespace {

/// Of those that nobody is left to take.
Result<bool> fail_untaken(Database& database, std::int64_t now_ns, std::string_view why) {
  const auto failed = run_once(database,
                               "INSERT INTO jobs "
                               "(n, id, model, status, note, ended_ns, external) "
                               "SELECT a.n, a.id, r.model, 'failed', ?1, ?2, 1 "
                               "FROM requests r JOIN actions a ON a.n = r.action WHERE r.left <= 0 "
                               // One that was tried again after all had failed.
                               "ON CONFLICT (n) DO UPDATE SET status = 'failed', note = ?1, told = 0, "
                               MLMON_CHANGED_AT(2) " WHERE " MLMON_OPEN_AGAIN,
                               why, now_ns);
  if (!failed) return failed.error();
  const bool any = database.changes() > 0;
  const auto gone = run_once(database, "DELETE FROM requests WHERE left <= 0");
  if (!gone) return gone.error();
  return any;
}

/// The row of the model that an action is about; 0: it has none.
Result<std::int64_t> model_of_action(Database& database, std::int64_t action) {
  std::int64_t model = 0;
  const auto asked = each_row_of(
      database,
      "SELECT m.n, m.deployed_s, m.deployed_ns, a.json -> 'model' ->> 'deployed_at' "
      "FROM actions a JOIN models m ON m.name = a.json -> 'model' ->> 'name' "
      "AND m.version = a.json -> 'model' ->> 'version' WHERE a.n = ? AND a.json <> ''",
      [&](const Statement& row) {
        const Instant deployed{row.integer(1), static_cast<std::int32_t>(row.integer(2))};
        if (format_rfc3339(deployed) == row.text(3)) model = row.integer(0);
      },
      action);
  if (!asked) return asked.error();
  return model;
}

}  // namespace

Result<void> add_request(Database& database, std::int64_t action, std::int64_t model,
                         std::size_t endpoints) {
  return run_once(database, "INSERT INTO requests (action, model, left) VALUES (?, ?, ?)", action,
                  model, static_cast<std::int64_t>(endpoints));
}

Result<void> request_taken(Database& database, std::int64_t outbox_row) {
  const auto taken = run_once(database,
                              "DELETE FROM requests WHERE action = (SELECT action FROM outbox WHERE n = ?)",
                              outbox_row);
  if (!taken) return taken;
  return run_once(database,
                  "DELETE FROM jobs WHERE " MLMON_OPEN_AGAIN " AND told = 0 "
                  "AND n = (SELECT action FROM outbox WHERE n = ?)",
                  outbox_row);
}

Result<bool> request_refused(Database& database, std::int64_t outbox_row, std::int64_t now_ns,
                             std::string_view why) {
  const auto one_less = run_once(database,
                                 "UPDATE requests SET left = left - 1 "
                                 // Another run may have seen it fail for good as well.
                                 "WHERE action = (SELECT action FROM outbox WHERE n = ? AND status <> 2)",
                                 outbox_row);
  if (!one_less) return one_less.error();
  if (database.changes() == 0) return false;
  return fail_untaken(database, now_ns, why);
}

Result<bool> request_ended(Database& database, std::int64_t action, const JobEnd& end, std::int64_t told_model) {
  const Result<std::int64_t> found = model_of_action(database, action);
  if (!found) return found.error();
  const std::int64_t model = *found != 0 ? *found : told_model;
  const auto ended = run_once(
      database,
      "INSERT INTO jobs (n, id, model, status, note, ended_ns, external, told) "
      "SELECT n, id, ?2, ?3, ?4, ?5, 1, CASE WHEN ?6 <> 0 AND ?6 = ?2 THEN 2 ELSE 0 END FROM actions "
      "WHERE n = ?1 AND (CASE json WHEN '' THEN 'retrain' ELSE json ->> 'action' END = 'retrain' "
      "OR EXISTS (SELECT 1 FROM jobs j WHERE j.n = actions.n)) "
      "ON CONFLICT (n) DO UPDATE SET status = ?3, note = ?4, ended_ns = ?5, worker = '', lease_until_ms = 0, "
      "told = CASE WHEN ?6 <> 0 AND ?6 = jobs.model THEN 2 ELSE 0 END WHERE jobs.status IN ('queued', 'claimed')",
      action, model, std::string_view(end.status), std::string_view(end.note), end.at_ns, told_model);
  if (!ended) return ended.error();
  return database.changes() > 0;
}

Result<void> request_drops(Database& database, std::int64_t action, std::int64_t now_ns) {
  // A dead one is no longer among those that are left.
  const auto fewer = run_once(database,
                              "UPDATE requests SET left = left - o.waiting FROM "
                              "(SELECT action, count(*) AS waiting FROM outbox "
                              "WHERE status = 1 AND ?1 IN (action, 0) GROUP BY action) o "
                              "WHERE o.action = requests.action",
                              action);
  if (!fewer) return fewer;
  const auto failed = fail_untaken(database, now_ns, "its delivery was dropped");
  return failed ? Result<void>() : Result<void>(failed.error());
}

Result<void> request_retries(Database& database, std::int64_t action, std::int64_t now_ns) {
  const auto more = run_once(database,
                             "UPDATE requests SET left = left + o.dead FROM "
                             "(SELECT action, count(*) AS dead FROM outbox "
                             "WHERE status = 2 AND ?1 IN (action, 0) GROUP BY action) o "
                             "WHERE o.action = requests.action",
                             action);
  if (!more) return more;
  // Those that had failed are asked for again, but one a model.
  const auto again = run_once(database,
                              "INSERT INTO requests (action, model, left) "
                              "SELECT j.n, j.model, count(*) FROM jobs j JOIN outbox o ON o.action = j.n "
                              "WHERE o.status = 2 AND j.external = 1 AND j.status = 'failed' AND ?1 IN (j.n, 0) "
                              "AND NOT EXISTS (SELECT 1 FROM jobs k WHERE k.model = j.model AND k.n <> j.n "
                              "AND (k.status IN ('queued', 'claimed') OR ?1 = 0 AND k.n > j.n)) "
                              "GROUP BY j.n, j.model ON CONFLICT DO NOTHING",
                              action);
  if (!again) return again;
  // Observers that have not heard of the end take it for open.
  return run_once(database,
                  "UPDATE jobs SET status = 'queued', note = '', told = CASE told WHEN 0 THEN 0 ELSE 3 END, "
                  MLMON_CHANGED_AT(2) " WHERE external = 1 AND status = 'failed' AND ?1 IN (n, 0) "
                  "AND n IN (SELECT action FROM requests)",
                  action, now_ns);
}

Result<void> forget_taken_requests(Database& database) {
  return run_once(database,
                  "DELETE FROM jobs WHERE " MLMON_OPEN_AGAIN " AND told = 0 "
                  "AND n NOT IN (SELECT action FROM requests)");
}

}  // namespace mlmon
