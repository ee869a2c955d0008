#pragma once

#include "core/clock.h"
#include "core/store/database.h"

namespace mlmon {

/// The time of day that all who share a state go by: that of PostgreSQL's machine, asked for once and counted on from
/// there by this machine's steady clock; of a state folder this machine's.
class DatabaseClock final : public Clock {
 public:
  /// `local` must outlive it.
  static Result<DatabaseClock> of(Database& database, const Clock& local);

  std::int64_t now_ns() const override;
  std::int64_t monotonic_ns() const override { return local_->monotonic_ns(); }

 private:
  explicit DatabaseClock(const Clock& local) : local_(&local) {}

  const Clock* local_;
  std::int64_t ahead_ns_ = 0;  // of the steady clock; 0: it is the local time
};

}  // namespace mlmon
