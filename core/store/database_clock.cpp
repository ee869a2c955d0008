#include "core/store/database_clock.h"

#include "core/time_units.h"

namespace mlmon {

Result<DatabaseClock> DatabaseClock::of(Database& database, const Clock& local) {
  DatabaseClock clock(local);
  if (!database.is_postgres()) return clock;
  const auto now_ms = database.now_ms();
  if (!now_ms) return now_ms.error();
  clock.ahead_ns_ = *now_ms * kNsPerMs - local.monotonic_ns();
  return clock;
}

std::int64_t DatabaseClock::now_ns() const {
  return ahead_ns_ == 0 ? local_->now_ns() : local_->monotonic_ns() + ahead_ns_;
}

}  // namespace mlmon
