#include "core/store/polls.h"

#include <string>
#include <string_view>

#include "core/store/partition_claims.h"
#include "core/store/query.h"
#include "core/store/requests.h"

namespace mlmon {
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
  const Result<bool> news = request_ended(database, poll.row, *poll.end, 0);
  if (!news) return news.error();
  const auto gone = run_once(database, "DELETE FROM polls WHERE action = ?", poll.row);
  if (!gone) return gone.error();
  return *news;
}

}  // namespace mlmon
