#include <fmt/format.h>
#include <unistd.h>

#include <limits>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/log.h"
#include "cli/model_text.h"
#include "cli/standard_streams.h"
#include "cli/state_rows.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "core/store/alert_list.h"
#include "core/store/silences.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/store/transaction.h"
#include "core/text/json_text.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

using AlertsVerb = AlertsOptions::Verb;

std::int64_t now_ms() { return SystemClock().now_ns() / kNsPerMs; }

std::string alert_model(const Alert& alert) {
  return model_name(alert.model, alert.version, format_rfc3339(alert.deployed_at));
}

/// "ops (told), mail (waiting)": each receiver once, by the last that became of it.
std::string receivers_of(const Alert& alert) {
  std::vector<const Telling*> last;
  for (const Telling& telling : alert.tellings) {
    std::erase_if(last, [&](const Telling* other) { return other->endpoint == telling.endpoint; });
    last.push_back(&telling);
  }
  std::string out;
  for (const Telling* telling : last) {
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", telling->endpoint, telling->status);
  }
  return out.empty() ? "nobody" : printable(out);
}

int list_alerts(const AlertsOptions& options, AlertList& alerts, Log& log) {
  StateRows rows({"<id", "<state", "<severity", "<observer", "<rule", "<model", "<since", ">value",
                  "<told"},
                 "alert", options.json);
  const auto listed = alerts.list({options.model, options.all}, [&](const Alert& alert) {
    if (options.json) return rows.add(alert_json(alert));
    return rows.add({alert.id, or_dash(alert.state), or_dash(alert.severity),
                     printable(alert.observer), printable(alert.rule), alert_model(alert),
                     or_dash(alert.since), or_dash(alert.newest.value), receivers_of(alert)});
  });
  if (!listed) return failed(listed.error(), log);
  return ended(rows.finish(), log);
}

std::string telling_line(const Telling& telling) {
  std::string line = fmt::format("    {} {}", telling.endpoint, telling.status);
  if (telling.at_ms > 0) line += " " + format_unix_ms(telling.at_ms);
  if (telling.attempts > 1) line += fmt::format(", {} tries", telling.attempts);
  if (!telling.said.empty()) line += ": " + telling.said;
  return printable(line) + "\n";
}

std::string alert_text(const Alert& alert, const std::vector<AlertChange>& changes) {
  std::string out;
  const auto line = [&](const char* name, const std::string& text) {
    if (!text.empty()) out += fmt::format("{:<12} {}\n", name, printable(text));
  };
  line("alert", alert.id);
  line("state", alert.state);
  line("severity", alert.severity);
  line("observer", alert.observer);
  line("rule", alert.rule);
  line("model", alert_model(alert));
  line("since", alert.since);
  line("value", alert.newest.value);
  line("subject", alert.newest.subject);
  out += "changes\n";
  for (const AlertChange& change : changes) {
    out += printable(fmt::format("  {} {} {}", or_dash(change.event_time), or_dash(change.state),
                                 change.id)) + "\n";
    for (const Telling& telling : change.tellings) out += telling_line(telling);
    if (change.tellings.empty()) out += "    nobody was told: no receiver takes it\n";
  }
  return out;
}

int show_alert(const AlertsOptions& options, AlertList& alerts, Log& log) {
  std::vector<AlertChange> changes;
  const Result<Alert> alert = alerts.show(options.id, changes);
  if (!alert) return failed(alert.error(), log);
  const std::string text =
      options.json ? alert_json(*alert, changes) + "\n" : alert_text(*alert, changes);
  return write_stdout(text) ? kExitDone : kExitFailed;
}

std::string silence_json(const Silence& silence) {
  std::string out = fmt::format("{{\"id\":\"{}\"", silence.number);
  const auto add = [&](const char* name, const std::string& text) {
    out += fmt::format(",\"{}\":", name);
    if (text.empty()) {
      out += "null";
    } else {
      append_json_string(out, text);
    }
  };
  add("model", silence.model);
  add("rule", silence.rule);
  add("by", silence.by);
  add("reason", silence.reason);
  add("from", format_unix_ms(silence.from_ms));
  add("until", format_unix_ms(silence.until_ms));
  return out + '}';
}

int list_silences(const AlertsOptions& options, Database& database, Log& log) {
  const auto silences = active_silences(database, now_ms());
  if (!silences) return failed(silences.error(), log);
  StateRows rows({"<id", "<model", "<rule", "<until", "<by", "<reason"}, "silence", options.json);
  for (const Silence& silence : *silences) {
    if (options.json) {
      rows.add(silence_json(silence));
    } else {
      rows.add({std::to_string(silence.number), printable(silence.model), or_dash(silence.rule),
                format_unix_ms(silence.until_ms), printable(silence.by),
                printable(silence.reason)});
    }
  }
  return ended(rows.finish(), log);
}

int silence(const AlertsOptions& options, Database& database, Log& log) {
  Silence silence{0, options.model, options.rule, options.by, options.reason, now_ms(), 0};
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max() / kNsPerMs;
  silence.until_ms = silence.from_ms +
                     std::min((options.for_ns + kNsPerMs - 1) / kNsPerMs, kLast - silence.from_ms);
  const Result<std::int64_t> number = add_silence(database, silence);
  if (!number) return failed(number.error(), log);
  silence.number = *number;
  const std::string text = options.json ? silence_json(silence) : std::to_string(*number);
  return write_stdout(text + "\n") ? kExitDone : kExitFailed;
}

bool is_listed(const AlertsOptions& options, const Silence& silence) {
  if (!options.id.empty()) return options.id == std::to_string(silence.number);
  return silence.model == options.model && (options.rule.empty() || silence.rule == options.rule);
}

int unsilence(const AlertsOptions& options, Database& database, Log& log) {
  const auto done = in_transaction(database, [&]() -> Result<void> {
    const auto silences = active_silences(database, now_ms());
    if (!silences) return silences.error();
    bool any = false;
    for (const Silence& silence : *silences) {
      if (!is_listed(options, silence)) continue;
      const auto over = end_silence(database, silence.number, now_ms());
      if (!over) return over.error();
      any = true;
    }
    if (any) return {};
    return Error{options.id.empty() ? "no silence of --model " + options.model + " is in force"
                                    : "no silence " + options.id + " is in force"};
  });
  return ended(done, log);
}

/// Of a folder in which no run has left anything.
int without_alerts(const AlertsOptions& options, const std::string& folder, Log& log) {
  if (options.verb == AlertsVerb::kList) return kExitDone;
  const std::string what = options.verb == AlertsVerb::kShow ? "there is no alert with an action " +
                                                             options.id
                                                       : "no silence is in force";
  return failed({fmt::format("{}: {} holds no state", what, folder)}, log);
}

}  // namespace

int alerts_command(const AlertsOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> folder = find_state(options.place, log);
  if (!folder) return kExitUsage;
  const bool may_begin = options.verb == AlertsVerb::kSilence;  // also before the first run
  if (!may_begin && !holds_state(*folder)) return without_alerts(options, *folder, log);
  if (may_begin) {
    if (const auto made = make_state_folder(*folder); !made) return failed(made.error(), log);
  }
  Result<Database> database = open_state_database(*folder, may_begin);
  if (!database) return failed(database.error(), log);
  AlertList alerts(std::move(*database));
  switch (options.verb) {
    case AlertsVerb::kShow:
      return show_alert(options, alerts, log);
    case AlertsVerb::kSilence:
      return silence(options, alerts.database(), log);
    case AlertsVerb::kUnsilence:
      return unsilence(options, alerts.database(), log);
    default:
      return options.silences ? list_silences(options, alerts.database(), log)
                              : list_alerts(options, alerts, log);
  }
}

}  // namespace mlmon
