#include "core/store/polls.h"

#include <string>
#include <string_view>

#include "core/event/rfc3339.h"
#include "core/store/partition_claims.h"
#include "core/store/query.h"

namespace mlmon {
namespace {

/// The row of the model that an action is about; 0: it has none.
Result<std::int64_t> model_of(Database& database, std::int64_t action) {
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

Result<void> add_poll(Database& database, std::int64_t outbox_row, std::int64_t next_ms) {
  return run_once(database,
                  "INSERT INTO polls (endpoint, action, next_ms) "
                  "SELECT endpoint, action, ? FROM outbox WHERE n = ? ON CONFLICT DO NOTHING",
                  next_ms, outbox_row);
}

Result<std::vector<OutboxItem>> due_polls(Database& database, std::int64_t run, std::uint32_t endpoint,
                                          std::int64_t now_ms, std::size_t limit) {
  std::vector<OutboxItem> items;
  const auto asked = each_row_of(
      database,
      ("SELECT a.n, a.id, a.json FROM polls p JOIN actions a ON a.n = p.action "
       "WHERE p.endpoint = ? AND p.next_ms <= ? AND a.n NOT IN "
       "(SELECT n FROM jobs WHERE status IN ('done', 'failed', 'cancelled'))" +
       only_actions_of(run, "p.action") + " ORDER BY p.next_ms LIMIT ?").c_str(),
      [&](const Statement& row) {
        OutboxItem& item = items.emplace_back();
        item.row = row.integer(0);
        item.id = row.text(1);
        item.json = row.text(2);
      },
      std::int64_t{endpoint}, now_ms, static_cast<std::int64_t>(limit));
  if (!asked) return asked.error();
  return items;
}

Result<std::optional<std::int64_t>> next_poll_ms(Database& database, std::int64_t run, std::uint32_t endpoint) {
  std::optional<std::int64_t> next;
  const auto asked = each_row_of(
      database,
      ("SELECT p.next_ms FROM polls p WHERE p.endpoint = ? AND p.action NOT IN "
       "(SELECT n FROM jobs WHERE status IN ('done', 'failed', 'cancelled'))" +
       only_actions_of(run, "p.action") + " ORDER BY p.next_ms LIMIT 1").c_str(),
      [&](const Statement& row) { next = row.integer(0); }, std::int64_t{endpoint});
  if (!asked) return asked.error();
  return next;
}

Result<bool> settle_poll(Database& database, std::uint32_t endpoint, const PollSettlement& poll) {
  if (!poll.end) {
    const auto later =
        run_once(database, "UPDATE polls SET next_ms = ? WHERE endpoint = ? AND action = ?",
                 poll.next_ms, std::int64_t{endpoint}, poll.row);
    if (!later) return later.error();
    return false;
  }
  const Result<std::int64_t> model = model_of(database, poll.row);
  if (!model) return model.error();
  // One that waits in the queue as well is closed there; any other becomes a job that has ended.
  const auto ended = run_once(
      database,
      "INSERT INTO jobs (n, id, model, status, note, ended_ns, external) "
      "SELECT n, id, ?2, ?3, ?4, ?5, 1 FROM actions WHERE n = ?1 "
      "ON CONFLICT (n) DO UPDATE SET status = ?3, note = ?4, ended_ns = ?5, told = 0, worker = '', "
      "lease_until_ms = 0 WHERE jobs.status IN ('queued', 'claimed')",
      poll.row, *model, std::string_view(poll.end->status), std::string_view(poll.end->note),
      poll.end->at_ns);
  if (!ended) return ended.error();
  const bool news = database.changes() > 0;
  const auto gone = run_once(database, "DELETE FROM polls WHERE action = ?", poll.row);
  if (!gone) return gone.error();
  return news;
}

}  // namespace mlmon
