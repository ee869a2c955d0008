#include "core/store/alert_record.h"

#include <algorithm>
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
  if (database.is_postgres()) {
    auto alerts = database.writer("", kChangeAll);
    if (!alerts) return alerts.error();
    record.alert_rows_ = std::move(*alerts);
  } else {
    // No RETURNING, for which SQLite keeps a journal of each statement.
    const std::pair<Statement*, const char*> statements[] = {
        {&record.find_, "SELECT n, state, began FROM alerts WHERE model = ? AND rule = ? AND observer = ?"},
        {&record.add_,
         "INSERT INTO alerts (model, rule, observer, state, severity, began, newest) VALUES (?, ?, ?, ?, ?, ?, ?)"},
        {&record.update_, "UPDATE alerts SET state = ?, severity = ?, began = ?, newest = ? WHERE n = ?"}};
    for (const auto& [statement, sql] : statements) {
      Result<Statement> prepared = database.prepare(sql);
      if (!prepared) return prepared.error();
      *statement = std::move(*prepared);
    }
  }
  auto changes = database.group_writer("INSERT INTO alert_changes (action, alert, began) VALUES (?, ?, ?)",
                                       "INSERT INTO alert_changes (action, alert, began) "
                                       "SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[])");
  if (!changes) return changes.error();
  record.change_rows_ = std::move(*changes);
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
  return record;
}

Result<void> AlertRecord::changed(std::int64_t action, std::int64_t model, std::string_view observer,
                                  const AlertMembers& change) {
  std::string key = std::to_string(model) + '\0';
  key.append(change.rule).append(1, '\0').append(observer);
  const auto [known, fresh] = by_key_.emplace(std::move(key), changing_.size());
  if (fresh) {
    changing_.push_back({model, std::string(observer), change.rule, change.state, change.severity, action, action, 0,
                         {{action, 0}}});
    return {};
  }
  Changing& alert = changing_[known->second];
  // What goes on firing, whatever it is called meanwhile, began where it began.
  if (!fires(alert.state)) alert.began = action;
  alert.state = change.state;
  alert.severity = change.severity;
  alert.newest = action;
  alert.changes.emplace_back(action, alert.began);
  return {};
}

Result<void> AlertRecord::suppressed(std::int64_t action, std::int64_t endpoint,
                                     std::int64_t at_ms, std::string_view why) {
  return suppressed_->add(action, endpoint, at_ms, utf8_prefix(why, kLongestAnswer));
}

void AlertRecord::begin() {
  changing_.clear();
  changes_.clear();
  by_key_.clear();
  for (const auto* writer : {&alert_rows_, &change_rows_, &suppressed_, &told_}) {
    if (*writer != nullptr) (*writer)->begin();
  }
}

Result<void> AlertRecord::write_each() {
  for (const Changing& alert : changing_) {
    const std::string_view rule = alert.rule, observer = alert.observer, state = alert.state, severity = alert.severity;
    bind_all(find_, alert.model, rule, observer);
    std::int64_t row = 0, began = alert.first;
    const auto found = each_row(find_, [&](const Statement& known) {
      row = known.integer(0);
      if (fires(known.text(1))) began = known.integer(2);
    });
    if (!found) return found;
    Statement& put = row != 0 ? update_ : add_;
    const std::int64_t last_began = alert.began != 0 ? alert.began : began;
    if (row != 0) {
      bind_all(put, state, severity, last_began, alert.newest, row);
    } else {
      bind_all(put, alert.model, rule, observer, state, severity, last_began, alert.newest);
    }
    if (const auto written = database_->run(put); !written) return written;
    if (row == 0) row = database_->last_row();
    place_changes(alert, row, began);
  }
  return {};
}

Result<void> AlertRecord::write_at_once() {
  for (std::size_t i = 0; i < changing_.size(); ++i) {
    const Changing& alert = changing_[i];
    const auto added = alert_rows_->add(static_cast<std::int64_t>(i), alert.model, std::string_view(alert.rule),
                                        std::string_view(alert.observer), std::string_view(alert.state),
                                        std::string_view(alert.severity), alert.first, alert.newest, alert.began);
    if (!added) return added;
  }
  return alert_rows_->flush([this](const PreparedStatement& row) {
    place_changes(changing_[static_cast<std::size_t>(row.integer(0))], row.integer(1), row.integer(2));
  });
}

/// `began`: where the first of them did.
void AlertRecord::place_changes(const Changing& alert, std::int64_t row, std::int64_t began) {
  for (const auto& [action, its_own] : alert.changes) {
    changes_.push_back({action, row, its_own != 0 ? its_own : began});
  }
}

/// By action, so that the table grows at its end.
Result<void> AlertRecord::write_changes() {
  std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) { return a.action < b.action; });
  for (const Change& change : changes_) {
    if (const auto added = change_rows_->add(change.action, change.alert, change.began); !added) return added;
  }
  return change_rows_->flush();
}

Result<void> AlertRecord::flush() {
  const auto written = alert_rows_ != nullptr ? write_at_once() : write_each();
  changing_.clear();
  by_key_.clear();
  if (!written) return written;
  const auto changed = write_changes();
  changes_.clear();
  if (!changed) return changed;
  for (const auto* writer : {&suppressed_, &told_}) {
    if (const auto flushed = (*writer)->flush(); !flushed) return flushed;
  }
  return {};
}

Result<void> AlertRecord::told(std::int64_t outbox_row, bool dead, std::int64_t at_ms,
                               std::string_view said) {
  return told_->add(outbox_row, std::int64_t{dead ? 2 : 0}, at_ms, utf8_prefix(said, kLongestAnswer));
}

}  // namespace mlmon
