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

// What goes on firing, whatever it is called meanwhile, began where it began.
#define MLMON_CHANGE                                                                                    \
  "ON CONFLICT (model, rule, observer) DO UPDATE SET "                                                  \
  "began = CASE WHEN alerts.state IN ('firing', 'flapping') THEN alerts.began ELSE excluded.began END, " \
  "state = excluded.state, severity = excluded.severity, newest = excluded.newest "
constexpr const char* kChangeAll =
    "WITH put AS (INSERT INTO alerts (observer, rule, model, state, severity, began, newest) "
    "SELECT observer, rule, model, state, severity, action, action FROM "
    "unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::bigint[]) "
    "AS u (observer, rule, model, state, severity, action) " MLMON_CHANGE "RETURNING n, began, newest) "
    "INSERT INTO alert_changes (action, alert, began) SELECT newest, n, began FROM put";

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
      {&record.put_,
       "INSERT INTO alerts (observer, rule, model, state, severity, began, newest) "
       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) " MLMON_CHANGE "RETURNING n, began"},
      {&record.change_, "INSERT INTO alert_changes (action, alert, began) VALUES (?, ?, ?)"},
      {&record.tell_,
       "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
       "SELECT o.action, o.endpoint, ?2, o.attempts + 1, ?3, ?4 FROM outbox o "
       "JOIN alert_changes c ON c.action = o.action WHERE o.n = ?1 AND o.renewal = 0"}};
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
  if (!database.is_postgres()) return record;
  auto changes = database.writer("", kChangeAll);
  if (!changes) return changes.error();
  record.changes_ = std::move(*changes);
  return record;
}

#undef MLMON_CHANGE

Result<std::string> AlertRecord::changed(std::int64_t action, std::int64_t model, std::string_view json) {
  const Members members = members_of(json);
  if (changes_ != nullptr) {
    std::string alert = std::to_string(model) + '\0' + members.rule + '\0' + members.observer;
    if (alerts_.contains(alert)) {
      if (const auto flushed = flush(); !flushed) return flushed.error();
    }
    alerts_.insert(std::move(alert));
    const auto put = changes_->add(std::string_view(members.observer), std::string_view(members.rule), model,
                                   std::string_view(members.state), std::string_view(members.severity), action);
    return put ? Result<std::string>(members.suppressed) : put.error();
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

void AlertRecord::begin() {
  suppressed_->begin();
  if (changes_ != nullptr) changes_->begin();
  alerts_.clear();
}

Result<void> AlertRecord::flush() {
  alerts_.clear();
  const Result<void> put = changes_ != nullptr ? changes_->flush() : Result<void>();
  return put ? suppressed_->flush() : put;
}

Result<void> AlertRecord::told(std::int64_t outbox_row, bool dead, std::int64_t at_ms,
                               std::string_view said) {
  bind_all(tell_, outbox_row, std::int64_t{dead ? 2 : 0}, at_ms, utf8_prefix(said, kLongestAnswer));
  return database_->run(tell_);
}

}  // namespace mlmon
