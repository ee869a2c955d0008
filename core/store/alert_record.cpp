#include "core/store/alert_record.h"

#include <string>
#include <utility>

#include "core/store/query.h"
#include "core/text/utf8.h"

namespace mlmon {
namespace {

constexpr std::size_t kLongestAnswer = 1024;

// All alerts of a transaction: where each began is what it was before, while that fires.
constexpr const char* kChangeAll =
    "WITH u AS (SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], "
    "?::bigint[], ?::bigint[], ?::bigint[]) AS u (at, model, rule, observer, state, severity, first, newest, own)), "
    "old AS (SELECT u.*, CASE WHEN a.state IN ('firing', 'flapping') THEN a.began ELSE u.first END AS began "
    "FROM u LEFT JOIN alerts a USING (model, rule, observer)), "
    "put AS (INSERT INTO alerts (observer, rule, model, state, severity, began, newest) SELECT observer, rule, model, "
    "state, severity, CASE own WHEN 0 THEN began ELSE own END, newest FROM old ORDER BY at "
    "ON CONFLICT (model, rule, observer) DO UPDATE SET began = excluded.began, state = excluded.state, "
    "severity = excluded.severity, newest = excluded.newest RETURNING n, model, rule, observer) "
    "SELECT old.at, put.n, old.began FROM old JOIN put USING (model, rule, observer)";

bool fires(std::string_view state) { return state == "firing" || state == "flapping"; }

}  // namespace

Result<AlertRecord> AlertRecord::open(Database& database) {
  AlertRecord record(database);
  // One row at a time, and no RETURNING, for which SQLite keeps a journal of each statement.
  const std::pair<Statement*, const char*> statements[] = {
      {&record.find_, "SELECT n, state, began FROM alerts WHERE model = ? AND rule = ? AND observer = ?"},
      {&record.add_,
       "INSERT INTO alerts (model, rule, observer, state, severity, began, newest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"},
      {&record.update_, "UPDATE alerts SET state = ?, severity = ?, began = ?, newest = ? WHERE n = ?"},
      {&record.change_, "INSERT INTO alert_changes (action, alert, began) VALUES (?, ?, ?)"}};
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  auto suppressed = database.writer(
      "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) VALUES (?1, ?2, 3, 0, ?3, ?4)",
      "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) SELECT action, endpoint, 3, 0, at_ms, said "
      "FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[]) AS u (action, endpoint, at_ms, said)");
  if (!suppressed) return suppressed.error();
  record.suppressed_ = std::move(*suppressed);
  // That it failed for good is written before this is: the last try has been counted then.
  auto told = database.run_writer(
      "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
      "SELECT o.action, o.endpoint, ?3, o.attempts + CASE ?3 WHEN 2 THEN 0 ELSE 1 END, ?4, ?5 FROM outbox o "
      "JOIN alert_changes c ON c.action = o.action WHERE o.n BETWEEN ?1 AND ?2 AND o.renewal = 0 ORDER BY o.n",
      nullptr,
      "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
      "SELECT o.action, o.endpoint, u.status, o.attempts + CASE u.status WHEN 2 THEN 0 ELSE 1 END, u.at_ms, u.said FROM "
      "unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[]) WITH ORDINALITY AS u (n, status, at_ms, said, at) "
      "JOIN outbox o ON o.n = u.n AND o.renewal = 0 JOIN alert_changes c ON c.action = o.action ORDER BY u.at");
  if (!told) return told.error();
  record.told_ = std::move(*told);
  if (!database.is_postgres()) return record;
  auto alerts = database.writer("", kChangeAll);
  if (!alerts) return alerts.error();
  auto changes = database.writer("", "INSERT INTO alert_changes (action, alert, began) "
                                     "SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[])");
  if (!changes) return changes.error();
  record.alert_rows_ = std::move(*alerts);
  record.change_rows_ = std::move(*changes);
  return record;
}

Result<void> AlertRecord::changed(std::int64_t action, std::int64_t model, std::string_view observer,
                                  const AlertMembers& change) {
  if (alert_rows_ != nullptr) {
    gather({model, std::string(observer), change.rule, change.state, change.severity, action, action, 0,
            {{action, 0}}});
    return {};
  }
  bind_all(find_, model, std::string_view(change.rule), observer);
  std::int64_t alert = 0, began = action;
  const auto found = each_row(find_, [&](const Statement& row) {
    alert = row.integer(0);
    // What goes on firing, whatever it is called meanwhile, began where it began.
    if (fires(row.text(1))) began = row.integer(2);
  });
  if (!found) return found;
  const std::string_view state = change.state, severity = change.severity;
  if (alert != 0) {
    bind_all(update_, state, severity, began, action, alert);
    if (const auto updated = database_->run(update_); !updated) return updated;
  } else {
    bind_all(add_, model, std::string_view(change.rule), observer, state, severity, action);
    if (const auto added = database_->run(add_); !added) return added;
    alert = database_->last_row();
  }
  bind_all(change_, action, alert, began);
  return database_->run(change_);
}

Result<void> AlertRecord::suppressed(std::int64_t action, std::int64_t endpoint,
                                     std::int64_t at_ms, std::string_view why) {
  return suppressed_->add(action, endpoint, at_ms, utf8_prefix(why, kLongestAnswer));
}

void AlertRecord::gather(Changing change) {
  const auto [known, fresh] = by_key_.emplace(
      std::to_string(change.model) + '\0' + change.rule + '\0' + change.observer, changing_.size());
  if (fresh) return changing_.push_back(std::move(change));
  Changing& alert = changing_[known->second];
  if (!fires(alert.state)) alert.began = change.newest;
  alert.state = std::move(change.state);
  alert.severity = std::move(change.severity);
  alert.newest = change.newest;
  alert.changes.emplace_back(change.newest, alert.began);
}

void AlertRecord::begin() {
  suppressed_->begin();
  changing_.clear();
  by_key_.clear();
  told_->begin();
  if (alert_rows_ == nullptr) return;
  alert_rows_->begin();
  change_rows_->begin();
}

Result<void> AlertRecord::flush_changes() {
  for (std::size_t i = 0; i < changing_.size(); ++i) {
    const Changing& alert = changing_[i];
    const auto added = alert_rows_->add(static_cast<std::int64_t>(i), alert.model, std::string_view(alert.rule),
                                        std::string_view(alert.observer), std::string_view(alert.state),
                                        std::string_view(alert.severity), alert.first, alert.newest, alert.began);
    if (!added) return added;
  }
  Result<void> done;
  const auto put = alert_rows_->flush([&](const PreparedStatement& row) {
    for (const auto& [action, began] : changing_[static_cast<std::size_t>(row.integer(0))].changes) {
      if (done) done = change_rows_->add(action, row.integer(1), began != 0 ? began : row.integer(2));
    }
  });
  changing_.clear();
  by_key_.clear();
  if (!put || !done) return put ? done : put;
  return change_rows_->flush();
}

Result<void> AlertRecord::flush() {
  if (!changing_.empty()) {
    if (const auto put = flush_changes(); !put) return put;
  }
  const auto suppressed = suppressed_->flush();
  return suppressed ? told_->flush() : suppressed;
}

Result<void> AlertRecord::told(std::int64_t outbox_row, bool dead, std::int64_t at_ms,
                               std::string_view said) {
  return told_->add(outbox_row, std::int64_t{dead ? 2 : 0}, at_ms, utf8_prefix(said, kLongestAnswer));
}

}  // namespace mlmon
