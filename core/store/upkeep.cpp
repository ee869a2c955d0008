#include "core/store/upkeep.h"

#include <algorithm>

#include "core/event/rfc3339.h"
#include "core/store/postgres_state.h"
#include "core/store/query.h"
#include "core/store/silences.h"
#include "core/store/transaction.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

/// Rows of a kind, and the times of the oldest and the newest: milliseconds, or what stands in an action.
struct Question {
  const char* name;
  const char* count;
  const char* times;  // two columns: texts in RFC 3339, or numbers; nullptr: it has none
};

#define MLMON_EVENT_TIME(which, from) \
  "(SELECT a.json ->> 'event_time' FROM actions a " from " ORDER BY a.n " which " LIMIT 1)"
#define MLMON_EVENT_TIMES(from) "SELECT " MLMON_EVENT_TIME("", from) ", " MLMON_EVENT_TIME("DESC", from)
#define MLMON_OUTBOX(status) "JOIN outbox o ON o.action = a.n WHERE o.status = " status
#define MLMON_JOBS(status) "JOIN jobs j ON j.n = a.n WHERE j.status = '" status "'"
#define MLMON_JOB_QUESTION(status) \
  {"jobs " status, "SELECT count(*) FROM jobs WHERE status = '" status "'", MLMON_EVENT_TIMES(MLMON_JOBS(status))}

constexpr Question kQuestions[] = {
    {"sources", "SELECT count(*) FROM sources", nullptr},
    {"models", "SELECT count(*) FROM models", nullptr},
    {"values kept by observers", "SELECT count(*) FROM state", nullptr},
    {"actions", "SELECT count(*) FROM actions", nullptr},
    {"actions with text", "SELECT count(*) FROM actions WHERE json <> ''",
     MLMON_EVENT_TIMES("WHERE a.json <> ''")},
    {"deliveries waiting", "SELECT count(*) FROM outbox WHERE status = 1", MLMON_EVENT_TIMES(MLMON_OUTBOX("1"))},
    {"deliveries dead", "SELECT count(*) FROM outbox WHERE status = 2", MLMON_EVENT_TIMES(MLMON_OUTBOX("2"))},
    MLMON_JOB_QUESTION("queued"),
    MLMON_JOB_QUESTION("claimed"),
    MLMON_JOB_QUESTION("done"),
    MLMON_JOB_QUESTION("failed"),
    MLMON_JOB_QUESTION("cancelled"),
    {"ends of jobs told", "SELECT count(*) FROM journal", nullptr},
    {"alerts firing", "SELECT count(*) FROM alerts WHERE state IN ('firing', 'flapping')",
     MLMON_EVENT_TIMES("JOIN alerts l ON l.began = a.n WHERE l.state IN ('firing', 'flapping')")},
    {"alerts over", "SELECT count(*) FROM alerts WHERE state NOT IN ('firing', 'flapping')", nullptr},
    {"who was told", "SELECT count(*) FROM tellings", "SELECT min(at_ms), max(at_ms) FROM tellings"},
    {"silences", "SELECT count(*) FROM silences", "SELECT min(from_ms), max(until_ms) FROM silences"},
    {"receipts", "SELECT count(*) FROM receipts", "SELECT min(ended_ms), max(ended_ms) FROM receipts"},
};

#undef MLMON_JOB_QUESTION
#undef MLMON_JOBS
#undef MLMON_OUTBOX
#undef MLMON_EVENT_TIMES
#undef MLMON_EVENT_TIME

std::string time_in(const Statement& row, int column) {
  const std::string_view text = row.text(column);
  const std::int64_t ms = row.integer(column);
  if (text.empty() || text.find('T') != text.npos) return std::string(text);
  return format_rfc3339(from_unix_ns(ms * kNsPerMs));
}

Result<StateKind> ask(Database& database, const Question& question) {
  StateKind kind;
  kind.name = question.name;
  const auto rows = number_of(database, question.count);
  if (!rows) return rows.error();
  kind.rows = *rows;
  if (question.times == nullptr || kind.rows == 0) return kind;
  const auto asked = each_row_of(database, question.times, [&](const Statement& row) {
    kind.oldest = time_in(row, 0);
    kind.newest = time_in(row, 1);
  });
  if (!asked) return asked.error();
  return kind;
}

Result<void> read_size(Database& database, StateInfo& info) {
  if (database.is_postgres()) {
    const auto version = postgres_state_version(database), bytes = postgres_state_bytes(database);
    if (!version || !bytes) return !version ? version.error() : bytes.error();
    info.version = *version;
    info.bytes = *bytes;
    return {};
  }
  const auto version = number_of(database, "PRAGMA user_version");
  const auto page = number_of(database, "PRAGMA page_size");
  const auto pages = number_of(database, "PRAGMA page_count");
  const auto free = number_of(database, "PRAGMA freelist_count");
  for (const auto* number : {&version, &page, &pages, &free}) {
    if (!*number) return number->error();
  }
  info.version = *version;
  info.bytes = *page * *pages;
  info.free_bytes = *page * *free;
  return {};
}

}  // namespace

Result<StateInfo> read_state_info(Database& database) {
  StateInfo info;
  const auto done = in_snapshot(database, [&]() -> Result<void> {
    if (const auto sized = read_size(database, info); !sized) return sized;
    info.kinds.clear();
    for (const Question& question : kQuestions) {
      Result<StateKind> kind = ask(database, question);
      if (!kind) return kind.error();
      info.kinds.push_back(std::move(*kind));
    }
    return {};
  });
  if (!done) return done.error();
  return info;
}

Result<Pruned> compact(Database& database, std::int64_t now_ms, std::int64_t days) {
  Pruned pruned;
  const auto removed = in_transaction(database, [&]() -> Result<void> {
    const auto to = last_action_before(database, now_ms, days);
    if (!to) return to.error();
    const auto actions = prune_actions(database, 0, *to);
    if (!actions) return actions.error();
    pruned = *actions;
    const auto silences = prune_silences(database, now_ms - days * kMsPerDay);
    pruned.silences = database.changes();
    return silences;
  });
  if (!removed) return removed.error();
  if (database.is_postgres()) return pruned;  // its autovacuum gives the room to new rows
  // The first makes the file anew in the log, the second brings it to its place.
  if (const auto made = database.execute("VACUUM"); !made) return made.error();
  if (const auto moved = database.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !moved) return moved.error();
  return pruned;
}

}  // namespace mlmon
