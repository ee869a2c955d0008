#include "cli/run_state.h"

#include <utility>

#include "core/store/receipt_record.h"
#include "core/store/sql_store.h"
#include "core/store/state_schema.h"

namespace mlmon {
namespace {

Result<std::unique_ptr<Store>> open_postgres(const std::string& url, const RunOptions& run, std::int64_t retry_ns,
                                             bool shares, Log& log) {
  PostgresOptions options;
  options.is_run = true;
  // Who begins anew has to be alone.
  if (shares && !run.from_start) options.shared_as = new_number();
  options.lock_timeout_ns = run.lock_timeout_ns;
  options.retry_ns = retry_ns;
  options.warn = [&log](const std::string& text) { log.log(LogLevel::kWarn, "", text); };
  return open_postgres_store(url, std::move(options));
}

}  // namespace

Result<RunState> RunState::open(const RunOptions& options, const Config::State& config, bool shares, const Clock& clock,
                                Log& log) {
  RunState state;
  if (options.no_state) {
    auto store = open_temporary_store();
    if (!store) return store.error();
    state.store_ = std::move(*store);
    return state;
  }
  const SystemEnvironment environment;
  const Result<std::string> place = state_folder(options.state, config.place(), environment);
  if (!place) return place.error();
  const auto opened = state.open_in(*place, options, config.retry_ns, shares, clock, log);
  if (!opened) return opened.error();
  return state;
}

Result<void> RunState::open_in(const std::string& place, const RunOptions& options, std::int64_t retry_ns, bool shares,
                               const Clock& clock, Log& log) {
  const auto take = [this](Result<std::unique_ptr<Store>> store) -> Result<void> {
    if (!store) return store.error();
    store_ = std::move(*store);
    return {};
  };
  if (options.dry_run) return take(holds_state(place) ? open_copy_store(place) : open_temporary_store());
  place_ = place;
  if (is_postgres_url(place)) return take(open_postgres(place, options, retry_ns, shares, log));
  if (const auto made = make_state_folder(place); !made) return made;
  Result<RunLock> lock = RunLock::take(place, options.lock_timeout_ns, clock);
  if (!lock) return lock.error();
  lock_.emplace(std::move(*lock));
  // Who follows has time: a backup or a person at the database is no reason to end.
  constexpr int kMinuteMs = 60'000, kDayMs = 86'400'000;
  return take(open_state_store(place, options.follow ? kDayMs : kMinuteMs));
}

Result<void> RunState::keep(Receipt receipt, std::int64_t now_ms) const {
  if (place_.empty()) return {};
  receipt.models.clear();
  Result<Database> database = open_state_database(place_, false);
  if (!database) return database.error();
  return ReceiptRecord(*database).add({now_ms, receipt.exit_code, to_json(receipt)});
}

}  // namespace mlmon
