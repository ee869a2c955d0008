#include "core/store/silences.h"

#include <fmt/format.h>

#include "core/event/instant.h"
#include "core/store/query.h"
#include "core/text/glob.h"
#include "core/time_units.h"

namespace mlmon {

bool Silence::covers(std::string_view model_name, std::string_view rule_name) const {
  return glob_matches(model, model_name) && (rule.empty() || glob_matches(rule, rule_name));
}

std::string describe(const Silence& silence) {
  return fmt::format("silence {} by {} until {}: {}", silence.number, silence.by,
                     format_rfc3339(from_unix_ns(silence.until_ms * kNsPerMs)), silence.reason);
}

Result<std::int64_t> add_silence(Database& database, const Silence& silence) {
  return number_of(database,
                   "INSERT INTO silences (model, rule, by_whom, reason, from_ms, until_ms) "
                   "VALUES (?, ?, ?, ?, ?, ?) RETURNING n",
                   std::string_view(silence.model), std::string_view(silence.rule),
                   std::string_view(silence.by), std::string_view(silence.reason),
                   silence.from_ms, silence.until_ms);
}

Result<std::vector<Silence>> active_silences(Database& database, std::int64_t now_ms) {
  std::vector<Silence> silences;
  const auto asked = each_row_of(
      database,
      "SELECT n, model, rule, by_whom, reason, from_ms, until_ms FROM silences "
      "WHERE until_ms > ? ORDER BY n",
      [&](const Statement& row) {
        silences.push_back({row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
                            std::string(row.text(3)), std::string(row.text(4)), row.integer(5),
                            row.integer(6)});
      },
      now_ms);
  if (!asked) return asked.error();
  return silences;
}

Result<bool> end_silence(Database& database, std::int64_t number, std::int64_t now_ms) {
  const auto ended = run_once(
      database, "UPDATE silences SET until_ms = ?1 WHERE n = ?2 AND until_ms > ?1", now_ms, number);
  if (!ended) return ended.error();
  const bool any = database.changes() > 0;
  // What it held back is looked at again.
  const auto freed = run_once(database, "UPDATE held SET until_ms = ? WHERE step = 'silence'", now_ms);
  if (!freed) return freed.error();
  return any;
}

Result<void> prune_silences(Database& database, std::int64_t before_ms) {
  return run_once(database, "DELETE FROM silences WHERE until_ms < ?", before_ms);
}

}  // namespace mlmon
