#include "core/store/alert_list.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/store/query.h"
#include "core/text/glob.h"
#include "core/text/json_text.h"
#include "core/text/text_member.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using SortedJson = nlohmann::json;

constexpr std::int64_t kAtOnce = 256;

#define MLMON_ALERT_COLUMNS                                                                         \
  "SELECT a.n, a.began, a.observer, a.rule, a.state, a.severity, m.name, m.version, m.deployed_s, " \
  "m.deployed_ns, b.id, b.json, c.id, c.json FROM alerts a LEFT JOIN models m ON m.n = a.model "    \
  "JOIN actions b ON b.n = a.began JOIN actions c ON c.n = a.newest "

constexpr const char* kFiring = MLMON_ALERT_COLUMNS
    "WHERE a.state IN ('firing', 'flapping') AND a.began > ? ORDER BY a.began LIMIT ?";
constexpr const char* kAll = MLMON_ALERT_COLUMNS "WHERE a.began > ? ORDER BY a.began LIMIT ?";
constexpr const char* kAlertByNumber = MLMON_ALERT_COLUMNS "WHERE a.n = ?";
#undef MLMON_ALERT_COLUMNS

// What is over, then what is still to come.
constexpr const char* kTellings =
    "SELECT e.name, t.status, t.attempts, t.at_ms, t.said, t.action, t.n FROM tellings t "
    "JOIN alert_changes c ON c.action = t.action JOIN endpoints e ON e.n = t.endpoint "
    "WHERE c.alert = ?1 AND ?2 IN (c.began, 0) UNION ALL "
    "SELECT e.name, 1, o.attempts, o.next_try_ms, o.error, o.action, o.n + 1152921504606846976 FROM outbox o "
    "JOIN alert_changes c ON c.action = o.action JOIN endpoints e ON e.n = o.endpoint "
    "WHERE o.status = 1 AND c.alert = ?1 AND ?2 IN (c.began, 0) UNION ALL "
    "SELECT e.name, 3, 0, h.at_ms, h.why, h.action, h.n + 1152921504606846976 FROM held h "
    "JOIN alert_changes c ON c.action = h.action JOIN endpoints e ON e.n = h.endpoint "
    "WHERE c.alert = ?1 AND ?2 IN (c.began, 0) ORDER BY 6, 7";

AlertChange change_in(std::string_view id, std::string_view text) {
  const SortedJson action = SortedJson::parse(text, nullptr, false);
  AlertChange change;
  change.id = id;
  change.state = text_of(action, "state");
  change.event_time = text_of(action, "event_time");
  change.subject = text_of(action, "subject");
  for (const char* figure : {"value", "p_value", "magnitude"}) {
    if (!action.is_object() || !action.contains(figure)) continue;
    change.value = action[figure].dump();
    break;
  }
  return change;
}

Alert alert_in(const Statement& row) {
  Alert alert;
  alert.observer = row.text(2);
  alert.rule = row.text(3);
  alert.state = row.text(4);
  alert.severity = row.text(5);
  alert.model = row.text(6);
  alert.version = row.text(7);
  alert.deployed_at = {row.integer(8), static_cast<std::int32_t>(row.integer(9))};
  alert.id = row.text(10);
  alert.since = change_in("", row.text(11)).event_time;
  alert.newest = change_in(row.text(12), row.text(13));
  return alert;
}

std::string status_of(std::int64_t number) {
  constexpr const char* kNames[] = {"told", "waiting", "failed", "suppressed"};
  return number >= 0 && number < 4 ? kNames[number] : "unknown";
}

Telling telling_in(const Statement& row) {
  return {std::string(row.text(0)), status_of(row.integer(1)), row.integer(2), row.integer(3),
          std::string(row.text(4))};
}

void append_text_member(std::string& out, const char* name, std::string_view text) {
  out += fmt::format("{}\"{}\":", out.back() == '{' ? "" : ",", name);
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

void append_tellings(std::string& out, const std::vector<Telling>& tellings) {
  out += ",\"told\":[";
  for (const Telling& telling : tellings) {
    out += out.back() == '[' ? "{" : ",{";
    append_text_member(out, "receiver", telling.endpoint);
    append_text_member(out, "status", telling.status);
    out += fmt::format(",\"attempts\":{}", telling.attempts);
    append_text_member(out, "at",
                telling.at_ms == 0 ? "" : format_rfc3339(from_unix_ns(telling.at_ms * kNsPerMs)));
    append_text_member(out, telling.status == "told" ? "answer" : "why", telling.said);
    out += '}';
  }
  out += ']';
}

void append_alert(std::string& out, const Alert& alert) {
  append_text_member(out, "id", alert.id);
  append_text_member(out, "observer", alert.observer);
  append_text_member(out, "rule", alert.rule);
  append_text_member(out, "state", alert.state);
  append_text_member(out, "severity", alert.severity);
  out += ",\"model\":{";
  append_text_member(out, "name", alert.model);
  append_text_member(out, "version", alert.version);
  append_text_member(out, "deployed_at", format_rfc3339(alert.deployed_at));
  out += '}';
  append_text_member(out, "since", alert.since);
  out += ",\"value\":" + (alert.newest.value.empty() ? "null" : alert.newest.value);
  append_text_member(out, "subject", alert.newest.subject);
  append_text_member(out, "event_time", alert.newest.event_time);
  append_tellings(out, alert.tellings);
}

}  // namespace

std::string alert_json(const Alert& alert) {
  std::string out = "{";
  append_alert(out, alert);
  return out + '}';
}

std::string alert_json(const Alert& alert, const std::vector<AlertChange>& changes) {
  std::string out = "{";
  append_alert(out, alert);
  out += ",\"changes\":[";
  for (const AlertChange& change : changes) {
    out += out.back() == '[' ? "{" : ",{";
    append_text_member(out, "id", change.id);
    append_text_member(out, "state", change.state);
    append_text_member(out, "event_time", change.event_time);
    out += ",\"value\":" + (change.value.empty() ? "null" : change.value);
    append_text_member(out, "subject", change.subject);
    append_tellings(out, change.tellings);
    out += '}';
  }
  return out + "]}";
}

Result<void> AlertList::list(const AlertFilter& filter,
                             const std::function<bool(const Alert&)>& visit) {
  struct Found {
    std::int64_t n, began;
    Alert alert;
  };
  std::int64_t last = 0;
  std::vector<Found> found;
  do {
    found.clear();
    const auto asked = each_row_of(
        database_, filter.resolved ? kAll : kFiring,
        [&](const Statement& row) {
          last = row.integer(1);
          found.push_back({row.integer(0), last, alert_in(row)});
        },
        last, kAtOnce);
    if (!asked) return asked;
    for (Found& one : found) {
      if (!filter.model.empty() && !glob_matches(filter.model, one.alert.model)) continue;
      const auto added = add_tellings(one.n, one.began, one.alert.tellings);
      if (!added) return added;
      if (!visit(one.alert)) return {};
    }
  } while (found.size() == kAtOnce);
  return {};
}

Result<Alert> AlertList::show(const std::string& id, std::vector<AlertChange>& changes) {
  const auto n = number_of(database_,
                           "SELECT c.alert FROM actions a JOIN alert_changes c ON c.action = a.n "
                           "WHERE a.id = ?",
                           std::string_view(id));
  if (!n) return n.error();
  std::vector<Alert> found;
  std::int64_t began = 0;
  const auto asked = each_row_of(
      database_, kAlertByNumber,
      [&](const Statement& row) {
        began = row.integer(1);
        found.push_back(alert_in(row));
      },
      *n);
  if (!asked) return asked.error();
  if (found.empty()) return Error{"there is no alert with an action " + id};
  const auto added = add_tellings(*n, began, found[0].tellings);
  if (!added) return added.error();
  auto history = changes_of(*n);
  if (!history) return history.error();
  changes = std::move(*history);
  return found[0];
}

Result<void> AlertList::add_tellings(std::int64_t alert, std::int64_t began,
                                     std::vector<Telling>& tellings) {
  return each_row_of(
      database_, kTellings,
      [&](const Statement& row) { tellings.push_back(telling_in(row)); }, alert, began);
}

Result<std::vector<AlertChange>> AlertList::changes_of(std::int64_t alert) {
  std::vector<AlertChange> changes;
  std::vector<std::int64_t> numbers;
  const auto asked = each_row_of(
      database_,
      "SELECT a.n, a.id, a.json FROM alert_changes c JOIN actions a ON a.n = c.action "
      "WHERE c.alert = ? ORDER BY a.n",
      [&](const Statement& row) {
        numbers.push_back(row.integer(0));
        changes.push_back(change_in(row.text(1), row.text(2)));
      },
      alert);
  if (!asked) return asked.error();
  std::size_t at = 0;  // the tellings come in the order of the changes
  const auto told = each_row_of(
      database_, kTellings,
      [&](const Statement& row) {
        while (at < numbers.size() && numbers[at] < row.integer(5)) ++at;
        if (at < numbers.size()) changes[at].tellings.push_back(telling_in(row));
      },
      alert, std::int64_t{0});
  if (!told) return told.error();
  return changes;
}

}  // namespace mlmon
