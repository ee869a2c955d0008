#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/store/checkpoint.h"
#include "core/store/database.h"

namespace mlmon {

/// Keeps what each rule says of each model now (tables `alerts`, `alert_changes`) and who was told of each
/// change (`tellings`). Every call belongs into a transaction of the caller's: that of the checkpoint
/// which holds the action, or of the settlement which ends a delivery. Not thread-safe.
class AlertRecord {
 public:
  /// The database must outlive it and stay where it is.
  static Result<AlertRecord> open(Database& database);

  /// A new action of this observer, by its number in the store, about the model of that row.
  Result<void> changed(std::int64_t action, std::int64_t model, std::string_view observer, const AlertMembers& change);

  /// As RowWriter has it, for all of them: an alert that changes more than once is written once.
  void begin();
  Result<void> flush();

  /// An endpoint that would get the action is not told.
  Result<void> suppressed(std::int64_t action, std::int64_t endpoint, std::int64_t at_ms,
                          std::string_view why);

  /// The delivery of an outbox row is over: the receiver took it, or it failed for good. `said`: the
  /// receiver's answer, or why it failed. Nothing is kept of actions that are not alerts.
  Result<void> told(std::int64_t outbox_row, bool dead, std::int64_t at_ms, std::string_view said);

 private:
  explicit AlertRecord(Database& database) : database_(&database) {}

  /// An alert that changes in this transaction.
  struct Changing {
    std::int64_t model = 0;
    std::string observer, rule, state, severity;
    std::int64_t first = 0, newest = 0;  // actions
    std::int64_t began = 0;              // 0: where it began that fired before the first; that, if nothing did
    std::vector<std::pair<std::int64_t, std::int64_t>> changes;  // actions, and where each began; likewise
  };
  Result<void> write_each();
  Result<void> write_at_once();
  void place_changes(const Changing& alert, std::int64_t row, std::int64_t began);
  Result<void> write_changes();

  Database* database_;
  Statement find_, add_, update_;          // SQLite
  std::unique_ptr<RowWriter> alert_rows_;  // PostgreSQL
  std::unique_ptr<RowWriter> change_rows_, suppressed_, told_;
  std::vector<Changing> changing_;
  struct Change {
    std::int64_t action, alert, began;
  };
  std::vector<Change> changes_;  // of alerts that are written
  std::unordered_map<std::string, std::size_t> by_key_;
};

}  // namespace mlmon
