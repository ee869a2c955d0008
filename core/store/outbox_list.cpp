#include "core/store/outbox_list.h"

#include <utility>

#include "core/store/outbox_store.h"
#include "core/store/query.h"
#include "core/store/requests.h"
#include "core/store/transaction.h"
#include "core/store/wrong_clock.h"
#include "core/text/utf8.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::int64_t kDead = 2;

// A dead one has used up its time: it begins anew.
constexpr const char* kRetry =
    "UPDATE outbox SET next_try_ms = 0, status = 1, "
    "attempts = CASE status WHEN 2 THEN 0 ELSE attempts END, "
    "first_try_ms = CASE status WHEN 2 THEN 0 ELSE first_try_ms END";
constexpr const char* kDrop = "DELETE FROM outbox";

}  // namespace

OutboxList::OutboxList(Database database, const Clock& clock)
    : database_(std::move(database)), clock_(clock) {}

Result<void> OutboxList::list(const std::function<bool(const OutboxEntry&)>& visit) {
  constexpr std::size_t kAtOnce = 256;
  constexpr std::size_t kLongestError = 1024;
  Result<Statement> select = database_.prepare(
      "SELECT o.n, a.id, e.name, o.status, o.attempts, o.next_try_ms, o.error, a.json, o.tried_ms "
      "FROM outbox o JOIN actions a ON a.n = o.action JOIN endpoints e ON e.n = o.endpoint "
      "WHERE o.n > ? ORDER BY o.n LIMIT ?");
  if (!select) return select.error();
  const std::int64_t now_ms = clock_.now_ns() / kNsPerMs;
  std::int64_t last = 0;
  std::vector<OutboxEntry> entries;
  do {
    entries.clear();
    bind_all(*select, last, std::int64_t{kAtOnce});
    const auto asked = each_row(*select, [&](const Statement& row) {
      last = row.integer(0);
      const bool dead = row.integer(3) == kDead;
      const bool now = dead || was_clock_ahead(row.integer(8), now_ms);
      entries.push_back({std::string(row.text(1)), std::string(row.text(2)), dead, row.integer(4),
                         now ? 0 : row.integer(5),
                         std::string(utf8_prefix(row.text(6), kLongestError)),
                         std::string(row.text(7))});
    });
    if (!asked) return asked;
    for (const OutboxEntry& entry : entries) {
      if (!visit(entry)) return {};
    }
  } while (entries.size() == kAtOnce);
  return {};
}

Result<std::int64_t> OutboxList::retry(const std::vector<std::string>& ids) {
  return change(Change::kRetry, ids);
}
Result<std::int64_t> OutboxList::retry_all() { return change_all(Change::kRetry); }

Result<std::int64_t> OutboxList::drop(const std::vector<std::string>& ids) {
  return change(Change::kDrop, ids);
}
Result<std::int64_t> OutboxList::drop_all() { return change_all(Change::kDrop); }

/// What the change means for a retraining that was asked of targets; `action`: its number, 0: all.
Result<void> OutboxList::note(Change change, std::int64_t action) {
  if (change == Change::kDrop) return request_drops(database_, action, clock_.now_ns());
  // Who asks for another try now does not want to wait as long as a receiver once asked for.
  const auto awake = run_once(database_,
                              "UPDATE endpoints SET rests_until_ms = ?2 "
                              "WHERE n IN (SELECT endpoint FROM outbox WHERE ?1 IN (action, 0))",
                              action, Pacing::kTryNow);
  if (!awake) return awake;
  return request_retries(database_, action, clock_.now_ns());
}

Result<std::int64_t> OutboxList::change(Change change, const std::vector<std::string>& ids) {
  std::int64_t changed = 0;
  const auto done = in_transaction(database_, [&]() -> Result<void> {
    Result<Statement> number = database_.prepare("SELECT n FROM actions WHERE id = ?");
    if (!number) return number.error();
    const std::string sql = change == Change::kRetry ? kRetry : kDrop;
    Result<Statement> statement = database_.prepare((sql + " WHERE action = ?").c_str());
    if (!statement) return statement.error();
    for (const std::string& id : ids) {
      number->bind(0, std::string_view(id));
      const Result<bool> found = number->step();
      if (!found) return found.error();
      const std::int64_t action = *found ? number->integer(0) : -1;
      number->reset();
      if (const auto noted = note(change, action); !noted) return noted;
      statement->bind(0, action);
      if (const auto run = database_.run(*statement); !run) return run;
      if (database_.changes() == 0) return Error{"no delivery of action " + id + " waits or is dead"};
      changed += database_.changes();
    }
    return {};
  });
  if (!done) return done.error();
  return changed;
}

Result<std::int64_t> OutboxList::change_all(Change change) {
  std::int64_t changed = 0;
  const auto done = in_transaction(database_, [&]() -> Result<void> {
    if (const auto noted = note(change, 0); !noted) return noted;
    const auto run = database_.execute(change == Change::kRetry ? kRetry : kDrop);
    changed = database_.changes();
    return run;
  });
  if (!done) return done.error();
  return changed;
}

}  // namespace mlmon
