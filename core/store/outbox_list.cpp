#include "core/store/outbox_list.h"

#include <utility>

#include "core/store/transaction.h"
#include "core/text/utf8.h"

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

OutboxList::OutboxList(Database database) : database_(std::move(database)) {}

Result<void> OutboxList::list(const std::function<bool(const OutboxEntry&)>& visit) {
  constexpr std::size_t kAtOnce = 256;
  constexpr std::size_t kLongestError = 1024;
  Result<Statement> select = database_.prepare(
      "SELECT o.n, a.id, e.name, o.status, o.attempts, o.next_try_ms, o.error, a.json "
      "FROM outbox o JOIN actions a ON a.n = o.action JOIN endpoints e ON e.n = o.endpoint "
      "WHERE o.n > ? ORDER BY o.n LIMIT ?");
  if (!select) return select.error();
  std::int64_t last = 0;
  std::vector<OutboxEntry> entries;
  do {
    entries.clear();
    select->bind(0, last);
    select->bind(1, std::int64_t{kAtOnce});
    for (;;) {
      const Result<bool> row = select->step();
      if (!row) return row.error();
      if (!*row) break;
      last = select->integer(0);
      const bool dead = select->integer(3) == kDead;
      entries.push_back({std::string(select->text(1)), std::string(select->text(2)), dead,
                         select->integer(4), dead ? 0 : select->integer(5),
                         std::string(utf8_prefix(select->text(6), kLongestError)),
                         std::string(select->text(7))});
    }
    for (const OutboxEntry& entry : entries) {
      if (!visit(entry)) return {};
    }
  } while (entries.size() == kAtOnce);
  return {};
}

Result<std::int64_t> OutboxList::retry(const std::vector<std::string>& ids) {
  return change(kRetry, ids);
}
Result<std::int64_t> OutboxList::retry_all() { return change_all(kRetry); }

Result<std::int64_t> OutboxList::drop(const std::vector<std::string>& ids) {
  return change(kDrop, ids);
}
Result<std::int64_t> OutboxList::drop_all() { return change_all(kDrop); }

Result<std::int64_t> OutboxList::change(const char* sql, const std::vector<std::string>& ids) {
  std::int64_t changed = 0;
  const auto done = in_transaction(database_, [&]() -> Result<void> {
    Result<Statement> statement = database_.prepare(
        (std::string(sql) + " WHERE action = (SELECT n FROM actions WHERE id = ?)").c_str());
    if (!statement) return statement.error();
    for (const std::string& id : ids) {
      statement->bind(0, std::string_view(id));
      if (const auto run = database_.run(*statement); !run) return run;
      if (database_.changes() == 0) return Error{"no delivery of action " + id + " waits or is dead"};
      changed += database_.changes();
    }
    return {};
  });
  if (!done) return done.error();
  return changed;
}

Result<std::int64_t> OutboxList::change_all(const char* sql) {
  std::int64_t changed = 0;
  const auto done = in_transaction(database_, [&]() -> Result<void> {
    const auto run = database_.execute(sql);
    changed = database_.changes();
    return run;
  });
  if (!done) return done.error();
  return changed;
}

}  // namespace mlmon
