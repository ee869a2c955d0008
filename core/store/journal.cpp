#include "core/store/journal.h"

#include <limits>
#include <string_view>

#include "core/store/query.h"
#include "core/store/requests.h"

namespace mlmon {
namespace {

constexpr std::int64_t kEveryEntry = std::numeric_limits<std::int64_t>::max();

/// When all entries that there are were told, the sources stood where the store still has them. Asks nothing: each
/// checkpoint comes by here.
Result<void> note_places(Database& database, const std::vector<std::int64_t>& rows) {
  if (rows.empty()) return {};
#define MLMON_NOTE                                                                                             \
  "JOIN (SELECT max(n) AS newest FROM journal) j ON j.newest > 0 AND NOT EXISTS "                              \
  "(SELECT 1 FROM told_at t WHERE t.source = s.n AND t.entry >= j.newest)"
  auto writer = database.writer("INSERT INTO told_at SELECT s.n, j.newest, s.offset FROM sources s " MLMON_NOTE " WHERE s.n = ?",
                                "INSERT INTO told_at SELECT s.n, j.newest, s.offset FROM unnest(?::bigint[]) AS u (n) "
                                "JOIN sources s ON s.n = u.n " MLMON_NOTE);
#undef MLMON_NOTE
  if (!writer) return writer.error();
  for (const std::int64_t row : rows) {
    if (const auto added = (*writer)->add(row); !added) return added;
  }
  return (*writer)->flush();
}

/// Gives its number.
Result<std::int64_t> put_entry(Database& database, const JournalEntry& entry) {
  const auto put = number_of(database, "INSERT INTO journal (job, json) VALUES (?, ?) RETURNING n",
                             std::string_view(entry.job), std::string_view(entry.json));
  if (!put) return put;
  // A job that was put back meanwhile is to be told of again, whether it is open now or has ended again.
  const auto told = run_once(database,
                             "UPDATE jobs SET told = CASE WHEN status NOT IN ('queued', 'claimed') THEN 1 "
                             "WHEN ended_ns = ?2 THEN 0 ELSE 3 END "
                             "WHERE id = ?1 AND (ended_ns = ?2 OR status IN ('queued', 'claimed'))",
                             std::string_view(entry.job), entry.ended_ns);
  return told ? put : told.error();
}

}  // namespace

Result<void> put_told(Database& database, const std::vector<Told>& told,
                      const std::vector<std::int64_t>& rows) {
  if (const auto noted = note_places(database, rows); !noted) return noted;
  for (const Told& group : told) {
    std::int64_t newest = 0;
    for (const JournalEntry& entry : group.entries) {
      const auto put = put_entry(database, entry);
      if (!put) return put.error();
      newest = *put;
    }
    for (const auto& [source, offset] : group.places) {
      const auto noted = run_once(database, "INSERT INTO told_at VALUES (?, ?, ?)", rows[source], newest,
                                  static_cast<std::int64_t>(offset));
      if (!noted) return noted;
    }
    if (const auto noted = note_places(database, rows); !noted) return noted;
  }
  return told.empty() ? Result<void>() : forget_taken_requests(database);
}

Result<std::vector<JournalEntry>> read_journal(Database& database) {
  std::vector<JournalEntry> entries;
  const auto asked = each_row_of(
      database, "SELECT n, job, json FROM journal ORDER BY n", [&](const Statement& row) {
        entries.push_back({row.integer(0), std::string(row.text(1)), 0, std::string(row.text(2))});
      });
  if (!asked) return asked.error();
  return entries;
}

Result<std::vector<ToldPlace>> read_told_places(Database& database, std::int64_t source_row) {
  std::vector<ToldPlace> places;
  const auto asked = each_row_of(
      database,
      "SELECT entry, offset FROM told_at WHERE source = ?1 "
      "UNION ALL SELECT ?2, offset FROM sources WHERE n = ?1 ORDER BY 1",
      [&](const Statement& row) {
        places.push_back({row.integer(0), static_cast<std::uint64_t>(row.integer(1))});
      },
      source_row, kEveryEntry);
  if (!asked) return asked.error();
  return places;
}

}  // namespace mlmon
