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
       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO UPDATE SET "
       "began = CASE WHEN state IN ('firing', 'flapping') THEN began ELSE excluded.began END, "
       "state = excluded.state, severity = excluded.severity, newest = excluded.newest "
       "RETURNING n, began"},
      {&record.change_, "INSERT INTO alert_changes (action, alert, began) VALUES (?, ?, ?)"},
      {&record.tell_,
       "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
       "SELECT o.action, o.endpoint, ?2, o.attempts + 1, ?3, ?4 FROM outbox o "
       "JOIN alert_changes c ON c.action = o.action WHERE o.n = ?1 AND o.renewal = 0"},
      {&record.suppress_,
       "INSERT INTO tellings (action, endpoint, status, attempts, at_ms, said) "
       "VALUES (?1, ?2, 3, 0, ?3, ?4)"}};
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return record;
}

Result<std::string> AlertRecord::changed(std::int64_t action, std::int64_t model, std::string_view json) {
  const Members members = members_of(json);
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
  bind_all(suppress_, action, endpoint, at_ms, utf8_prefix(why, kLongestAnswer));
  return database_->run(suppress_);
}

Result<void> AlertRecord::told(std::int64_t outbox_row, bool dead, std::int64_t at_ms,
                               std::string_view said) {
  bind_all(tell_, outbox_row, std::int64_t{dead ? 2 : 0}, at_ms, utf8_prefix(said, kLongestAnswer));
  return database_->run(tell_);
}

}  // namespace mlmon
