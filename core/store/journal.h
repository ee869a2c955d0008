#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/database.h"

namespace mlmon {

// The journal: ends of jobs as they were told, and how far each source had been read by then. A source gets a
// row in told_at only when it moves after something was told, so files that are done cost nothing.

// jobs.told is 0 while the end is still to be told, if there is one; 1 once it is in the journal; 2 if the input
// told it; 3 if the job was put back after that, which is still to be told, and 0 again once that is in the journal.

// When a job ended or was put back. Runs know such a change by its time, so it is later than the one before, whatever
// the clock says.
#define MLMON_CHANGED_AT(now) \
  "ended_ns = CASE WHEN jobs.ended_ns < ?" #now " THEN ?" #now " ELSE jobs.ended_ns + 1 END"

/// Adds what was told, and notes for the sources that move where they stood. `rows`: of the sources of the
/// checkpoint, whose places in the store are still the old ones. Inside a transaction of the caller's.
Result<void> put_told(Database& database, const std::vector<Told>& told,
                      const std::vector<std::int64_t>& rows);

Result<std::vector<JournalEntry>> read_journal(Database& database);
Result<std::vector<ToldPlace>> read_told_places(Database& database, std::int64_t source_row);

}  // namespace mlmon
