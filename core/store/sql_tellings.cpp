#include "core/store/sql_tellings.h"

#include <sstream>
#include <string_view>
#include <utility>

#include "core/store/partition_claims.h"
#include "core/store/query.h"

namespace mlmon {
namespace {

// A telling that will not be made: status 3.
constexpr const char* kSuppress =
    "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
    "SELECT action, endpoint, 3, attempts, ?2, ?3 FROM outbox WHERE n = ?1";
constexpr const char* kHold =
    "INSERT INTO held (action, endpoint, grp, step, until_ms, at_ms, why) "
    "SELECT action, endpoint, grp, ?2, ?3, ?4, ?5 FROM outbox WHERE n = ?1";

#define MLMON_ITEM "SELECT o.n, a.id, a.json, o.attempts, o.first_try_ms FROM outbox o "

// These go on with whose actions they are, and in what order.
constexpr const char* kFormed = MLMON_ITEM
    "JOIN actions a ON a.n = o.action WHERE o.endpoint = ?1 AND o.status = 1 AND o.message = ?2 ";
constexpr const char* kGroup = MLMON_ITEM
    "INDEXED BY outbox_due JOIN actions a ON a.n = o.action WHERE o.endpoint = ?1 AND o.status = 1 "
    "AND o.message = 0 AND o.grp = ?2 ";
constexpr const char* kOverflow = MLMON_ITEM
    "INDEXED BY outbox_due JOIN actions a ON a.n = o.action WHERE o.endpoint = ?1 AND o.status = 1 "
    "AND o.message = 0 AND o.next_try_ms <= ?2 ";
constexpr const char* kItemByNumber = MLMON_ITEM "JOIN actions a ON a.n = o.action WHERE o.n = ?1";
#undef MLMON_ITEM

OutboxItem item_in(const Statement& row) {
  return {row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
          static_cast<std::uint32_t>(row.integer(3)), row.integer(4)};
}

}  // namespace

Result<Pacing> read_pacing(Database& database, std::uint32_t endpoint) {
  Pacing pacing;
  const auto asked = each_row_of(
      database, "SELECT rests_until_ms, recent_ms, rests_since_ms, overflowed FROM endpoints WHERE n = ?",
      [&](const Statement& row) {
        pacing.rests_until_ms = row.integer(0);
        pacing.rests_since_ms = row.integer(2);
        std::istringstream recent{std::string(row.text(1))};
        for (std::int64_t at = 0; recent >> at;) pacing.recent_ms.push_back(at);
        pacing.overflowed = row.integer(3);
      },
      std::int64_t{endpoint});
  if (!asked) return asked.error();
  return pacing;
}

Result<void> change_pacing_in(Database& database, std::uint32_t endpoint, bool shared, const PacingChange& change,
                              Pacing& pacing, bool& may) {
  if (shared) {
    Result<Pacing> now = read_pacing(database, endpoint);
    if (!now) return now.error();
    pacing = std::move(*now);
  }
  may = change(pacing);
  if (!may) return {};
  std::string recent;
  for (const std::int64_t at : pacing.recent_ms) recent += std::to_string(at) + " ";
  return run_once(database,
                  "UPDATE endpoints SET rests_until_ms = ?, rests_since_ms = ?, recent_ms = ?, "
                  "overflowed = ? WHERE n = ?",
                  pacing.rests_until_ms, pacing.rests_since_ms, std::string_view(recent), pacing.overflowed,
                  std::int64_t{endpoint});
}

std::string SqlTellings::only_ours(const char* action) const { return only_actions_of(run_, action); }

Result<std::vector<Silence>> SqlTellings::silences(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  return active_silences(database_, now_ms);
}

Result<void> SqlTellings::hold(const std::vector<HeldBack>& tellings, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  note_held();
  return transact_([&]() -> Result<void> {
    for (const HeldBack& telling : tellings) {
      const auto kept =
          telling.until_ms == HeldBack::kForGood
              ? run_once(database_, kSuppress, telling.row, now_ms, std::string_view(telling.why))
              : run_once(database_, kHold, telling.row, std::string_view(telling.step),
                         telling.until_ms, now_ms, std::string_view(telling.why));
      if (!kept) return kept;
      const auto gone = run_once(database_, "DELETE FROM outbox WHERE n = ?", telling.row);
      if (!gone) return gone;
    }
    return {};
  });
}

/// Of what is held for the endpoint (0: any) and fits `which`, what is the last word about its alert goes
/// into the outbox, and the rest is not told.
Result<void> SqlTellings::let_go(const char* which, const char* otherwise,
                                    std::int64_t endpoint, std::int64_t now_ms) {
  const std::string from = std::string(" FROM held h JOIN alert_changes c ON c.action = h.action "
                                       "JOIN alerts a ON a.n = c.alert "
                                       "WHERE ?1 IN (h.endpoint, 0) AND ") +
                           which + only_ours("h.action");
  const auto told = run_once(
      database_,
      ("INSERT INTO outbox (action, endpoint, grp) SELECT h.action, h.endpoint, h.grp" + from +
       " AND a.newest = h.action AND (h.step <> 'backlog' OR a.state IN ('firing', 'flapping')) "
       "AND ?2 = ?2 ORDER BY h.n")
          .c_str(),
      endpoint, now_ms);
  if (!told) return told;
  const auto not_told = run_once(
      database_,
      ("INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
       "SELECT h.action, h.endpoint, 3, 0, ?2, h.why || '; ' || ?3" +
       from +
       " AND (a.newest <> h.action OR (h.step = 'backlog' AND a.state NOT IN ('firing', "
       "'flapping'))) ORDER BY h.n")
          .c_str(),
      endpoint, now_ms, std::string_view(otherwise));
  if (!not_told) return not_told;
  return run_once(
      database_,
      (std::string("DELETE FROM held AS h WHERE ?1 IN (h.endpoint, 0) AND ?2 = ?2 AND ") + which +
       only_ours("h.action"))
          .c_str(),
      endpoint, now_ms);
}

Result<std::optional<std::int64_t>> SqlTellings::release(std::uint32_t endpoint,
                                                            std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const std::int64_t number = endpoint;
  const std::string select = "SELECT coalesce(min(h.until_ms), -1) FROM held h WHERE h.endpoint = ? AND "
                             "h.step <> 'backlog'" + only_ours("h.action");
  Result<std::int64_t> next = number_of(database_, select.c_str(), number);
  if (!next) return next.error();
  if (*next >= 0 && *next <= now_ms) {
    const auto done = transact_([&] {
      return let_go("h.until_ms <= ?2 AND h.step <> 'backlog'", "it was over or told again before that ended",
                    number, now_ms);
    });
    if (!done) return done.error();
    next = number_of(database_, select.c_str(), number);
    if (!next) return next.error();
  }
  return *next < 0 ? std::optional<std::int64_t>() : std::optional(*next);
}

Result<bool> SqlTellings::any_held() {
  const std::lock_guard lock(mutex_);
  const bool others_may = run_ != 0 && any_held_ && !*any_held_;
  if (!any_held_ || others_may) {
    const auto any = number_of(
        database_, "SELECT EXISTS (SELECT 1 FROM held) OR EXISTS (SELECT 1 FROM tellings WHERE status = 3)");
    if (!any) return any.error();
    any_held_ = *any != 0;
  }
  return *any_held_;
}

Result<bool> SqlTellings::unheard(std::int64_t row) {
  const std::lock_guard lock(mutex_);
  const auto found = number_of(
      database_,
      "WITH span AS (SELECT s.action AS action, o.endpoint AS endpoint FROM outbox o "
      "JOIN alert_changes c ON c.action = o.action "
      "JOIN alert_changes s ON s.alert = c.alert AND s.began = c.began AND s.action < o.action "
      "WHERE o.n = ?1 AND c.began <> c.action) "
      "SELECT (EXISTS (SELECT 1 FROM span JOIN held h USING (action, endpoint)) "
      "OR EXISTS (SELECT 1 FROM span JOIN tellings t USING (action, endpoint) WHERE t.status = 3)) "
      "AND NOT EXISTS (SELECT 1 FROM span JOIN tellings t USING (action, endpoint) "
      "WHERE t.status <> 3) "
      "AND NOT EXISTS (SELECT 1 FROM span JOIN outbox w USING (action, endpoint))",
      row);
  if (!found) return found.error();
  return *found != 0;
}

Result<std::vector<OutboxItem>> SqlTellings::message(std::uint32_t endpoint,
                                                        const MessageWish& wish) {
  const std::lock_guard lock(mutex_);
  std::vector<OutboxItem> items;
  const auto add = [&](const Statement& row) { items.push_back(item_in(row)); };
  // The oldest that is due says which message it is.
  std::int64_t first = 0, message = 0, group = 0;
  const std::string ours = only_ours("o.action");
  const auto oldest = each_row_of(
      database_,
      ("SELECT o.n, o.message, o.grp FROM outbox o INDEXED BY outbox_due "
       "WHERE o.endpoint = ? AND o.status = 1 AND o.next_try_ms <= ?" + ours + " ORDER BY o.n LIMIT 1").c_str(),
      [&](const Statement& row) {
        first = row.integer(0);
        message = row.integer(1);
        group = row.integer(2);
      },
      std::int64_t{endpoint}, wish.now_ms);
  if (!oldest) return oldest.error();
  if (first == 0) return items;
  const auto most = static_cast<std::int64_t>(wish.most);
  const bool folds = first <= wish.overflowed;
  const std::string all = ours + " ORDER BY o.n", some = all + " LIMIT ?3";
  const auto read =
      message != 0 ? each_row_of(database_, (kFormed + all).c_str(), add, std::int64_t{endpoint}, message)
      : folds ? each_row_of(database_, (kOverflow + some).c_str(), add, std::int64_t{endpoint}, wish.now_ms, most)
      : group != 0 ? each_row_of(database_, (kGroup + some).c_str(), add, std::int64_t{endpoint}, group, most)
                   : each_row_of(database_, kItemByNumber, add, first);
  if (!read) return read.error();
  return items;
}

Result<bool> SqlTellings::form(std::uint32_t endpoint, const std::vector<OutboxItem>& items, Pacing& pacing,
                               const PacingChange& change) {
  const std::lock_guard lock(mutex_);
  Pacing next;
  bool may = false;
  const auto done = transact_([&]() -> Result<void> {
    next = pacing;
    const auto changed = change_pacing_in(database_, endpoint, run_ != 0, change, next, may);
    if (!changed || !may) return changed;
    Result<Statement> mark =
        database_.prepare("UPDATE outbox SET message = ?1 WHERE n = ?2 AND message = 0");
    if (!mark) return mark.error();
    for (const OutboxItem& item : items) {
      bind_all(*mark, items.front().row, item.row);
      if (const auto marked = database_.run(*mark); !marked) return marked;
    }
    return {};
  });
  if (!done) return done.error();
  pacing = std::move(next);
  return may;
}

Result<std::int64_t> SqlTellings::last_waiting(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  return number_of(database_,
                   ("SELECT coalesce(max(o.n), 0) FROM outbox o WHERE o.endpoint = ? AND o.status = 1" +
                    only_ours("o.action")).c_str(),
                   std::int64_t{endpoint});
}

Result<void> SqlTellings::close_groups(std::uint32_t endpoint, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  return transact_([&] {
    return run_once(database_,
                    ("UPDATE outbox SET next_try_ms = ?2 WHERE endpoint = ?1 AND status = 1 "
                     "AND attempts = 0 AND next_try_ms > ?2" + only_ours("outbox.action")).c_str(),
                    std::int64_t{endpoint}, now_ms);
  });
}

Result<void> SqlTellings::add_began(std::vector<OutboxItem>& items) {
  const std::lock_guard lock(mutex_);
  Result<Statement> select = database_.prepare(
      "SELECT b.json FROM outbox o JOIN alert_changes c ON c.action = o.action "
      "JOIN actions b ON b.n = c.began WHERE o.n = ? AND c.began <> c.action");
  if (!select) return select.error();
  for (OutboxItem& item : items) {
    select->bind(0, item.row);
    const auto read = each_row(*select, [&](const Statement& row) { item.began = row.text(0); });
    if (!read) return read;
  }
  return {};
}

Result<void> SqlTellings::renew(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  return transact_([&] {
    return run_once(
        database_,
        ("INSERT INTO outbox (action, endpoint, grp, renewal) "
         "SELECT a.newest, ?1, 1, 1 FROM alerts a WHERE a.state IN ('firing', 'flapping') "
         "AND EXISTS (SELECT 1 FROM alert_changes c JOIN tellings t ON t.action = c.action "
         "WHERE c.alert = a.n AND c.began = a.began AND t.endpoint = ?1 AND t.status = 0) "
         "AND NOT EXISTS (SELECT 1 FROM alert_changes c JOIN outbox o ON o.action = c.action "
         "WHERE c.alert = a.n AND o.endpoint = ?1) "
         // A silence holds back one that was told again before it.
         "AND NOT EXISTS (SELECT 1 FROM alert_changes c JOIN held h ON h.action = c.action "
         "WHERE c.alert = a.n AND h.endpoint = ?1)" + only_ours("a.newest")).c_str(),
        std::int64_t{endpoint});
  });
}

Result<void> SqlTellings::end_backlog(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const auto any = number_of(
      database_, ("SELECT EXISTS (SELECT 1 FROM held h WHERE h.step = 'backlog'" + only_ours("h.action") + ")").c_str());
  if (!any) return any.error();
  if (*any == 0) return {};
  return transact_([&] {
    return let_go("h.step = 'backlog'", "it did not hold any more when the input ended", 0, now_ms);
  });
}

}  // namespace mlmon
