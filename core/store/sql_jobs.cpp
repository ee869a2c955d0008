#include "core/store/sql_store.h"

#include <utility>

#include "core/store/journal.h"
#include "core/store/query.h"

// Ends of jobs, jobs that were put back after that, and the journal of both.

namespace mlmon {
namespace {

// The row of the partition whose owner tells of its end: that of its action, else of its model, else the first.
#define MLMON_HOME_OF_JOB \
  "coalesce(nullif(a.home, 0), nullif(m.home, 0), (SELECT min(n) FROM sources WHERE owner <> 0), 0)"

// Told by the run ?1, which is 0 where no others share the state.
#define MLMON_UNTOLD                                                        \
  "(j.told = 0 AND j.status IN ('done', 'failed', 'cancelled') OR "         \
  "j.told = 3 AND j.status IN ('queued', 'claimed')) AND "                  \
  "(?1 = 0 OR " MLMON_HOME_OF_JOB " IN (SELECT n FROM sources WHERE owner = ?1))"

std::size_t job_hash(std::string_view id) { return std::hash<std::string_view>()(id); }

}  // namespace

Result<std::vector<UntoldEnd>> SqlStore::untold_ends(ModelTable& models) {
  const std::lock_guard lock(mutex_);
  std::vector<UntoldEnd> ends;
  const auto asked = each_row_of(
      database_,
      "SELECT j.id, CASE j.told WHEN 3 THEN 'queued' ELSE j.status END, j.note, j.ended_ns, m.name, m.version, m.deployed_s, m.deployed_ns, " MLMON_HOME_OF_JOB
      " FROM jobs j JOIN models m ON m.n = j.model LEFT JOIN actions a ON a.n = j.n "
      "WHERE " MLMON_UNTOLD " ORDER BY j.n",
      [&](const Statement& row) {
        ends.push_back({{std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)), row.integer(3)},
                        model_in(row, 4, models),
                        row.integer(8)});
        note_ended(row.text(0));
      },
      run_);
  if (!asked) return asked.error();
  return ends;
}

Result<bool> SqlStore::changed() {
  const std::lock_guard lock(mutex_);
  if (const auto there = check_place(); !there) return there.error();
  if (database_.is_postgres()) {
    const auto untold = number_of(database_,
                                  "SELECT EXISTS (SELECT 1 FROM jobs j JOIN models m ON m.n = j.model "
                                  "LEFT JOIN actions a ON a.n = j.n WHERE " MLMON_UNTOLD ")",
                                  run_);
    return untold ? Result<bool>(*untold != 0) : untold.error();
  }
  const auto version = number_of(database_, "PRAGMA data_version");
  if (!version) return version.error();
  const bool own = std::exchange(ended_here_, false);
  return std::exchange(data_version_, *version) != *version || own;
}

Result<bool> SqlStore::has_ended(std::string_view job, bool in_replay) {
  if (const Result<bool> may_have = may_have_ended(job); !may_have || !*may_have) return may_have;
  const std::lock_guard lock(mutex_);
  bind_all(select_ended_, job, std::int64_t{in_replay});
  const Result<bool> row = select_ended_.step();
  if (row && *row) select_ended_.reset();
  return row;
}

Result<bool> SqlStore::was_requested(std::string_view job) {
  const std::lock_guard lock(mutex_);
  const Result<std::int64_t> action = action_of(job);
  if (!action) return action.error();
  return *action != 0;
}

/// The number of the action of this id; 0: there is none.
Result<std::int64_t> SqlStore::action_of(std::string_view id) {
  bind_all(select_action_, id);
  const Result<bool> row = select_action_.step();
  if (!row) return row.error();
  if (!*row) return std::int64_t{0};
  const std::int64_t number = select_action_.integer(0);
  select_action_.reset();
  return number;
}

/// False: it has not, as far as untold_ends() has seen. Observers ask at each request, and in a
/// storm must not wait for a commit each time.
Result<bool> SqlStore::may_have_ended(std::string_view job) {
  {
    const std::lock_guard lock(ended_mutex_);
    if (ended_known_) return ended_.contains(job_hash(job));
    if (++ended_asked_ < kWorthKnowing) return true;
  }
  const std::lock_guard lock(mutex_);
  {
    const std::lock_guard ended_lock(ended_mutex_);
    if (ended_known_) return ended_.contains(job_hash(job));  // another observer has asked meanwhile
  }
  const auto asked =
      each_row_of(database_, "SELECT id FROM jobs WHERE status IN ('done', 'failed', 'cancelled')",
                  [&](const Statement& row) { note_ended(row.text(0)); });
  if (!asked) return asked.error();
  const std::lock_guard ended_lock(ended_mutex_);
  ended_known_ = true;
  return ended_.contains(job_hash(job));
}

void SqlStore::note_ended(std::string_view job) {
  const std::lock_guard lock(ended_mutex_);
  ended_.insert(job_hash(job));
}

Result<std::vector<JournalEntry>> SqlStore::journal() {
  const std::lock_guard lock(mutex_);
  return read_journal(database_);
}

Result<std::vector<ToldPlace>> SqlStore::told_places(std::int64_t source_row) {
  const std::lock_guard lock(mutex_);
  return read_told_places(database_, source_row);
}

}  // namespace mlmon
