#include "core/store/requests.h"

#include "core/store/query.h"

namespace mlmon {
namespace {

/// Of those that nobody is left to take.
Result<bool> fail_untaken(Database& database, std::int64_t now_ns, std::string_view why) {
  const auto failed = run_once(database,
                               "INSERT INTO jobs "
                               "(n, id, model, status, note, ended_ns, external) "
                               "SELECT a.n, a.id, r.model, 'failed', ?, ?, 1 "
                               "FROM requests r JOIN actions a ON a.n = r.action WHERE r.left <= 0 "
                               "ON CONFLICT DO NOTHING",
                               why, now_ns);
  if (!failed) return failed.error();
  const bool any = database.changes() > 0;
  const auto gone = run_once(database, "DELETE FROM requests WHERE left <= 0");
  if (!gone) return gone.error();
  return any;
}

}  // namespace

Result<void> add_request(Database& database, std::int64_t action, std::int64_t model,
                         std::size_t endpoints) {
  return run_once(database, "INSERT INTO requests (action, model, left) VALUES (?, ?, ?)", action,
                  model, static_cast<std::int64_t>(endpoints));
}

Result<void> request_taken(Database& database, std::int64_t outbox_row) {
  return run_once(database,
                  "DELETE FROM requests WHERE action = (SELECT action FROM outbox WHERE n = ?)",
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

Result<void> request_retries(Database& database, std::int64_t action) {
  return run_once(database,
                  "UPDATE requests SET left = left + o.dead FROM "
                  "(SELECT action, count(*) AS dead FROM outbox "
                  "WHERE status = 2 AND ?1 IN (action, 0) GROUP BY action) o "
                  "WHERE o.action = requests.action",
                  action);
}

}  // namespace mlmon
