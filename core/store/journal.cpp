#include "core/store/journal.h"

#include <limits>
#include <string_view>

#include "core/store/query.h"

namespace mlmon {
namespace {

constexpr std::int64_t kEveryEntry = std::numeric_limits<std::int64_t>::max();

/// When the entries up to this one were told, the source stood where the store still has it.
Result<void> note_place(Database& database, std::int64_t row, std::int64_t entry) {
  return run_once(database,
                  "INSERT INTO told_at SELECT n, ?2, offset FROM sources WHERE n = ?1 AND NOT EXISTS "
                  "(SELECT 1 FROM told_at WHERE source = ?1 AND entry >= ?2)",
                  row, entry);
}

/// Gives its number.
Result<std::int64_t> put_entry(Database& database, const JournalEntry& entry) {
  const auto put = number_of(database, "INSERT INTO journal (job, json) VALUES (?, ?) RETURNING n",
                             std::string_view(entry.job), std::string_view(entry.json));
  if (!put) return put;
  // A job that was retried meanwhile, and ended again, is to be told of again.
  const auto told = run_once(database, "UPDATE jobs SET told = 1 WHERE id = ? AND ended_ns = ?",
                             std::string_view(entry.job), entry.ended_ns);
  return told ? put : told.error();
}

}  // namespace

Result<void> put_told(Database& database, const std::vector<Told>& told,
                      const std::vector<std::int64_t>& rows) {
  const auto last = number_of(database, "SELECT coalesce(max(n), 0) FROM journal");
  if (!last) return last.error();
  for (const std::int64_t row : rows) {
    if (*last == 0) break;
    if (const auto noted = note_place(database, row, *last); !noted) return noted;
  }
  for (const Told& group : told) {
    std::int64_t newest = *last;
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
    for (const std::int64_t row : rows) {
      if (const auto noted = note_place(database, row, newest); !noted) return noted;
    }
  }
  return {};
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
