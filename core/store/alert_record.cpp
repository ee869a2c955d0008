#include "core/store/alert_record.h"

#include <string>
#include <utility>

#include "core/store/query.h"
#include "core/text/json_tape.h"
#include "core/text/unescaped_text.h"
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

/// The members of an action that say which alert it is about, decoded.
struct Members {
  std::string observer, rule, state, severity, suppressed;
  bool once = false;  // it tells of something that does not last: nothing fires after it
};

Members members_of(std::string_view json) {
  Members members;
  JsonTape tape;
  if (!tape.read(json)) return members;
  UnescapedText unescaped;
  unescaped.begin(json.size());
  const std::vector<JsonMember>& found = tape.members();
  for (std::size_t i = 0; i < found.size(); i = found[i].next) {
    const JsonMember& member = found[i];
    if (member.key == "once" && member.type == JsonType::kTrue) members.once = true;
    if (member.type != JsonType::kString) continue;
    std::string* const into = member.key == "observer"     ? &members.observer
                              : member.key == "rule"       ? &members.rule
                              : member.key == "state"      ? &members.state
                              : member.key == "severity"   ? &members.severity
                              : member.key == "suppressed" ? &members.suppressed
                                                           : nullptr;
    if (into == nullptr) continue;
    const std::string_view text = member.value.substr(1, member.value.size() - 2);
    *into = member.escaped ? unescaped.add(text) : text;
  }
  if (members.once) members.state.clear();
  return members;
}

}  // namespace

Result<AlertRecord> AlertRecord::open(Database& database) {
  AlertRecord record(database);
  const std::pair<Statement*, const char*> statements[] = {
      // What goes on firing, whatever it is called meanwhile, began where it began.
      {&record.put_,
       "INSERT INTO alerts (observer, rule, model, state, severity, began, newest) "
       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) "
       "ON CONFLICT (model, rule, observer) DO UPDATE SET "
       "began = CASE WHEN alerts.state IN ('firing', 'flapping') THEN alerts.began ELSE excluded.began END, "
       "state = excluded.state, severity = excluded.severity, newest = excluded.newest "
       "RETURNING n, began"},
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
  auto told = database.writer(
      "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
      "SELECT o.action, o.endpoint, ?2, o.attempts + 1, ?3, ?4 FROM outbox o "
      "JOIN alert_changes c ON c.action = o.action WHERE o.n = ?1 AND o.renewal = 0",
      "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
      // That it failed for good is written before this is: the last try has been counted then.
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

Result<std::string> AlertRecord::changed(std::int64_t action, std::int64_t model, std::string_view json) {
  const Members members = members_of(json);
  if (alert_rows_ != nullptr) {
    gather({model, members.observer, members.rule, members.state, members.severity, action, action, 0, {{action, 0}}});
    return members.suppressed;
  }
  bind_all(put_, std::string_view(members.observer), std::string_view(members.rule), model,
           std::string_view(members.state), std::string_view(members.severity), action);
  std::int64_t alert = 0, began = 0;
  const auto put = each_row(put_, [&](const Statement& row) {
    alert = row.integer(0);
    began = row.integer(1);
  });
  if (!put) return put.error();
  bind_all(change_, action, alert, began);
  if (const auto noted = database_->run(change_); !noted) return noted.error();
  return members.suppressed;
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
  if (alert.state != "firing" && alert.state != "flapping") alert.began = change.newest;
  alert.state = std::move(change.state);
  alert.severity = std::move(change.severity);
  alert.newest = change.newest;
  alert.changes.emplace_back(change.newest, alert.began);
}

void AlertRecord::begin() {
  suppressed_->begin();
  told_->begin();
  changing_.clear();
  by_key_.clear();
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
