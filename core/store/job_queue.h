#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/event/instant.h"
#include "core/result.h"
#include "core/store/database.h"

namespace mlmon {

/// A retraining in the queue of the embedded model registry, as it is seen now: one whose lease has run
/// out is queued again.
struct Job {
  std::string id;      // of the action
  std::string status;  // queued, claimed, done, failed, cancelled
  std::string model, version;
  Instant deployed_at;
  std::string rule, reason, event_time;  // of the action; empty: it has none
  std::int64_t attempts = 0;             // times that it was claimed
  std::string worker;                    // who has claimed it, or had when it ended; empty: nobody
  std::int64_t lease_until_ms = 0;       // wall clock, since 1970; 0: no lease
  std::string note;                      // what was said at its end; empty: nothing
  std::string action;                    // as JSON
};

/// One JSON object, no newline (INTERFACE section 8).
std::string job_json(const Job& job);

/// Which jobs; empty: any.
struct JobFilter {
  std::string status;
  std::string model;  // a glob on the name
};

/// The jobs in a state folder's database, beside a run and other processes that use it: every call is
/// atomic, and waits for their transactions. Leases go by the wall clock.
///
/// `worker`, where it may be missing: the caller's name. With it a call is refused unless that worker
/// holds the job; a lease that has run out is still his until another one claims the job. Without it
/// the caller is an operator, who may do as he likes.
///
/// An error names the job and says why nothing was done. Not thread-safe.
class JobQueue {
 public:
  /// The clock must outlive it.
  JobQueue(Database database, const Clock& clock);

  /// Oldest first. No transaction is open while visit() runs; once that gives false it is over.
  Result<void> list(const JobFilter& filter, const std::function<bool(const Job&)>& visit);

  Result<Job> show(const std::string& id);

  /// Leases the oldest job that waits and whose model's name matches the glob (empty: any) to a worker.
  /// Nothing: there is none.
  Result<std::optional<Job>> claim(const std::string& model, const std::string& worker,
                                   std::int64_t lease_ns);

  /// The lease ends `lease_ns` from now.
  Result<void> renew(const std::string& id, std::int64_t lease_ns,
                     const std::optional<std::string>& worker);

  /// Ends a job that is queued or claimed: `status` is done, failed or cancelled. The observers are to
  /// be told.
  Result<void> close(const std::string& id, const std::string& status, const std::string& note,
                     const std::optional<std::string>& worker);

  /// Puts a claimed job back into the queue, for a try not before `delay_ns` from now.
  Result<void> give_back(const std::string& id, std::int64_t delay_ns, const std::string& worker);

  /// Puts a failed or cancelled job back, unless another one of its model is open. Observers that were told of
  /// its end are to be told that it is open again; when it ends again they are told of that.
  Result<void> retry(const std::string& id);

  /// The worker holds the job.
  Result<bool> holds(const std::string& id, const std::string& worker);

 private:
  struct Row;

  Result<Row> find(const std::string& id);
  Result<Row> find_held(const std::string& id, const std::optional<std::string>& worker);
  Result<std::int64_t> next(const std::string& model);
  Result<std::int64_t> next_unlocked(const std::string& model);
  Job read(const Statement& select) const;
  std::int64_t now_ms() const;

  Database database_;
  const Clock& clock_;
};

}  // namespace mlmon
