#include "core/store/sql_store.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/store/polls.h"
#include "core/store/query.h"
#include "core/store/requests.h"
#include "core/store/reroute.h"
#include "core/time_units.h"

// What endpoints ask for and settle.

namespace mlmon {
Result<std::uint32_t> SqlStore::endpoint_number(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::int64_t number = 0;
  const Result<void> done = transact([&]() -> Result<void> {
    const auto added = run_once(database_, "INSERT INTO endpoints (name) VALUES (?) ON CONFLICT DO NOTHING",
                                std::string_view(name));
    if (!added) return added;
    const auto found =
        number_of(database_, "SELECT n FROM endpoints WHERE name = ?", std::string_view(name));
    if (!found) return found.error();
    number = *found;
    return {};
  });
  if (!done) return done.error();
  return static_cast<std::uint32_t>(number);
}

Result<std::vector<OutboxItem>> SqlStore::due(std::uint32_t endpoint, std::int64_t now_ms,
                                                 std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  std::vector<OutboxItem> items;
  // What did not find room among the fresh ones comes after them.
  if (fresh_.overflows(endpoint)) fresh_.due(endpoint, limit, items);
  if (!items.empty()) return items;
  bind_all(select_due_, std::int64_t{endpoint}, now_ms, static_cast<std::int64_t>(limit));
  const auto asked = each_row(select_due_, [&](const Statement& row) {
    items.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
                     static_cast<std::uint32_t>(row.integer(3)), row.integer(4)});
  });
  if (!asked) return asked.error();
  if (items.size() < limit) {
    fresh_.drained(endpoint);
    fresh_.due(endpoint, limit - items.size(), items);
  }
  return items;
}

Result<std::optional<std::int64_t>> SqlStore::next_due_ms(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  select_next_.bind(0, std::int64_t{endpoint});
  const Result<bool> row = select_next_.step();
  if (!row) return row.error();
  if (!*row) return std::optional<std::int64_t>();
  const std::int64_t due = select_next_.integer(0);
  select_next_.reset();
  return std::optional(due);
}

Result<void> SqlStore::settle(const std::vector<Settlement>& settlements) {
  const std::lock_guard lock(mutex_);
  if (settle_in_memory(settlements)) return {};
  const Result<void> done = transact([&]() -> Result<void> {
    alerts_->begin(), delivered_->begin();
    for (const Settlement& settlement : settlements) {
      const auto recorded = settlement.row < 0 ? record_fresh(settlement) : record(settlement);
      if (!recorded) return recorded;
    }
    // Who was told is read off the rows that go.
    const auto told = alerts_->flush();
    return told ? delivered_->flush() : told;
  });
  if (!done) return done;
  for (const Settlement& settlement : settlements) died_ += settlement.status == Settlement::Status::kDead ? 1 : 0;
  return {};
}

/// All of these have no row and need none; false: nothing was done.
bool SqlStore::settle_in_memory(const std::vector<Settlement>& settlements) {
  const bool all = !broken_ && std::all_of(settlements.begin(), settlements.end(), [](const Settlement& one) {
    return one.row < 0 && one.status == Settlement::Status::kDelivered;
  });
  for (std::size_t i = 0; all && i < settlements.size(); ++i) fresh_.take(settlements[i].row);
  return all;
}

/// The first try of a delivery that has no row; if it failed, it gets one.
Result<void> SqlStore::record_fresh(Settlement settlement) {
  const auto fresh = fresh_.take(settlement.row);
  if (!fresh || settlement.status == Settlement::Status::kDelivered) return {};
  const auto added = put_fresh(fresh->action, std::int64_t{fresh->endpoint}, fresh->json);
  if (!added) return added;
  settlement.row = database_.last_row();
  return record(settlement);
}

/// What is delivered needs no row; the action itself stays known.
Result<void> SqlStore::record(const Settlement& settlement) {
  if (has_requests_ && settlement.status == Settlement::Status::kDelivered) {
    if (const auto taken = request_taken(database_, settlement.row); !taken) return taken;
  }
  if (has_requests_ && settlement.status == Settlement::Status::kDead) {
    const Result<bool> failed = request_refused(database_, settlement.row,
                                                settlement.tried_ms * kNsPerMs, settlement.error);
    if (!failed) return failed.error();
    ended_here_ |= *failed;
  }
  const bool dead = settlement.status == Settlement::Status::kDead;
  if (dead && settlement.fallback != 0) {
    if (const auto fallen = fall_back(settlement); !fallen) return fallen;
  }
  if (has_alerts_ && settlement.status != Settlement::Status::kWaiting) {
    const auto told = alerts_->told(settlement.row, dead, settlement.tried_ms, settlement.error);
    if (!told) return told;
  }
  if (settlement.status == Settlement::Status::kDelivered) {
    if (settlement.poll_ms != 0) {
      const auto added = add_poll(database_, settlement.row, settlement.poll_ms);
      if (!added) return added;
    }
    return delivered_->add(settlement.row);
  }
  bind_all(update_outbox_, static_cast<std::int64_t>(settlement.status), settlement.next_try_ms,
           std::string_view(settlement.error), settlement.tried_ms, settlement.row);
  return database_.run(update_outbox_);
}

/// Another endpoint gets what this one failed for good, unless it was told or is to be anyway.
Result<void> SqlStore::fall_back(const Settlement& settlement) {
  return run_once(database_,
                  "INSERT INTO outbox (action, endpoint) SELECT o.action, ?2 FROM outbox o "
                  "WHERE o.n = ?1 AND o.renewal = 0 "
                  "AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.action = o.action AND "
                  "w.endpoint = ?2) AND NOT EXISTS (SELECT 1 FROM tellings t "
                  "WHERE t.action = o.action AND t.endpoint = ?2)",
                  settlement.row, std::int64_t{settlement.fallback});
}

Result<Pacing> SqlStore::pacing(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  return read_pacing(database_, endpoint);
}

Result<bool> SqlStore::change_pacing(std::uint32_t endpoint, Pacing& pacing, const PacingChange& change) {
  const std::lock_guard lock(mutex_);
  Pacing next;
  bool may = false;
  const auto done = transact([&] {
    next = pacing;
    return change_pacing_in(database_, endpoint, run_ != 0, change, next, may);
  });
  if (!done) return done.error();
  pacing = std::move(next);
  return may;
}

Result<std::vector<OutboxItem>> SqlStore::due_polls(std::uint32_t endpoint, std::int64_t now_ms,
                                                       std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return mlmon::due_polls(database_, run_, endpoint, now_ms, limit);
}

Result<std::optional<std::int64_t>> SqlStore::next_poll_ms(std::uint32_t endpoint) {
  const std::lock_guard lock(mutex_);
  return mlmon::next_poll_ms(database_, run_, endpoint);
}

Result<void> SqlStore::settle_polls(std::uint32_t endpoint,
                                       const std::vector<PollSettlement>& polls) {
  const std::lock_guard lock(mutex_);
  return transact([&]() -> Result<void> {
    for (const PollSettlement& poll : polls) {
      const Result<bool> ended = settle_poll(database_, endpoint, poll);
      if (!ended) return ended.error();
      ended_here_ |= *ended;
    }
    return {};
  });
}

Result<void> SqlStore::reroute(std::int64_t row, const std::vector<std::uint32_t>& endpoints, bool job) {
  const std::lock_guard lock(mutex_);
  return transact([&] { return reroute_action(database_, row, endpoints, job); });
}

/// Numbers of actions do not tell those of this run from others'. What is not this run's to deliver is no concern of
/// its.
Result<void> SqlStore::count_of_shared(OutboxTotals& totals) {
  const auto counted = each_row_of(
      database_,
      ("SELECT o.action, max(o.status), (SELECT count(*) FROM actions z WHERE z.n = o.action" +
       only_actions_of(run_, "o.action") + ") FROM outbox o GROUP BY o.action").c_str(),
      [&](const Statement& row) {
        const bool dead = row.integer(1) == static_cast<int>(Settlement::Status::kDead);
        if (added_.has(row.integer(0))) {
          ++(dead ? totals.dead : totals.waiting);
        } else if (!dead && row.integer(2) != 0) {
          ++totals.waiting_from_before;
        }
      });
  if (!counted) return counted;
  return each_row_of(database_,
                     "SELECT n FROM jobs WHERE external = 0 AND n NOT IN (SELECT action FROM outbox)",
                     [&](const Statement& row) { totals.queued += added_.has(row.integer(0)) ? 1 : 0; });
}

Result<OutboxTotals> SqlStore::totals() {
  const std::lock_guard lock(mutex_);
  if (broken_) return *broken_;
  OutboxTotals totals;
  totals.died = died_;
  if (run_ != 0) {
    const auto counted = count_of_shared(totals);
    return counted ? Result<OutboxTotals>(totals) : counted.error();
  }
  // Each action once, by the worst of its deliveries.
  const auto counted = each_row_of(
      database_,
      "SELECT worst, action > ?1, count(*) FROM "
      "(SELECT action, max(status) AS worst FROM outbox GROUP BY action) w GROUP BY 1, 2",
      [&](const Statement& row) {
        const bool dead = row.integer(0) == static_cast<int>(Settlement::Status::kDead);
        const bool of_this_run = row.integer(1) != 0;
        const std::uint64_t count = as_unsigned(row.integer(2));
        if (of_this_run) {
          (dead ? totals.dead : totals.waiting) += count;
        } else if (!dead) {
          totals.waiting_from_before += count;
        }
      },
      before_run_);
  if (!counted) return counted.error();
  std::unordered_set<std::int64_t> fresh = fresh_.actions();
  if (!fresh.empty()) {
    const auto told = each_row_of(database_, "SELECT action FROM outbox",
                                  [&](const Statement& row) { fresh.erase(row.integer(0)); });
    if (!told) return told.error();
  }
  totals.waiting += fresh.size();
  const auto queued = number_of(database_,
                                "SELECT count(*) FROM jobs WHERE n > ? AND external = 0 "
                                "AND n NOT IN (SELECT action FROM outbox)",
                                before_run_);
  if (!queued) return queued.error();
  totals.queued = as_unsigned(*queued);
  return totals;
}

}  // namespace mlmon
