#include <fmt/format.h>
#include <unistd.h>

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
#include "core/store/overview.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

std::string standing_json(const ModelStanding& model) {
  std::string json = "{";
  append_standing(json, model);
  append_next_request(json, model);
  return json + "}";
}

int list_models(const ModelsOptions& options, Overview& overview, Log& log) {
  StateRows rows({"<model", "<last event", "<figures", "<fires", "<job", "<next request"},
                 "model", options.json);
  const auto listed = overview.models(options.model, [&](const ModelStanding& model) {
    if (options.json) {
      rows.add(standing_json(model));
    } else {
      rows.add({model_name(model), last_event_text(model), figures_text(model), firing_text(model),
                model.jobs.empty() ? "-" : printable(model.jobs.front().id), next_request_text(model)});
    }
  }, Overview::With::kNextRequest);
  if (!listed) return failed(listed.error(), log);
  const Result<void> written = rows.finish();
  return written ? kExitDone : failed(written.error(), log);
}

std::string standing_text(const ModelStanding& model) {
  std::string out = fmt::format("{}\n", model_name(model));
  const auto line = [&](const char* name, const std::string& text) {
    out += fmt::format("  {:<12} {}\n", name, text);
  };
  line("last event", last_event_text(model));
  line("events", fmt::format("{} metrics, {} drift", model.metrics_events, model.drift_events));
  line("figures", figures_text(model));
  for (const FiringRule& rule : model.firing) {
    line("fires", printable(fmt::format("{} ({}, {}) since {}", rule.rule, rule.observer,
                                        rule.severity, rule.since)));
  }
  for (const OpenJob& job : model.jobs) {
    line("open job", printable(fmt::format("{} {}: {}", job.id, job.status, job.reason)));
  }
  line("next request", next_request_text(model));
  return out;
}

Result<std::vector<ModelStanding>> find(const std::string& glob, Overview& overview) {
  std::vector<ModelStanding> found;
  const auto listed =
      overview.models(glob, [&](const ModelStanding& model) { found.push_back(model); },
                      Overview::With::kNextRequest);
  if (!listed) return listed.error();
  if (found.empty()) return Error{"no model matches " + in_quotes(printable(glob))};
  return found;
}

int show_model(const ModelsOptions& options, Overview& overview, Log& log) {
  const auto found = find(options.model, overview);
  if (!found) return failed(found.error(), log);
  std::string text;
  for (const ModelStanding& model : *found) {
    text += options.json ? standing_json(model) + "\n"
                         : (text.empty() ? "" : "\n") + standing_text(model);
  }
  return write_stdout(text) ? kExitDone : kExitFailed;
}

/// A run knows its models by itself: nothing may be taken away from under it.
int forget(const ModelsOptions& options, const std::string& folder, Overview& overview, Log& log) {
  const SystemClock clock;
  const Result<RunLock> lock = RunLock::take(folder, 0, clock);
  if (!lock) return failed(lock.error(), log);
  const auto found = find(options.model, overview);
  if (!found) return failed(found.error(), log);
  bool refused = false;
  std::string text;
  for (const ModelStanding& model : *found) {
    if (!model.jobs.empty()) {
      refused = true;
      log.log(LogLevel::kError, "",
              fmt::format("{}: job {} is open, cancel it first", model_name(model),
                          model.jobs.front().id));
      continue;
    }
    if (const auto gone = overview.forget(model.row); !gone) return failed(gone.error(), log);
    text += "forgot " + model_name(model) + "\n";
  }
  if (!write_stdout(text)) return kExitFailed;
  return refused ? kExitFailed : kExitDone;
}

}  // namespace

int models_command(const ModelsOptions& options) {
  using Verb = ModelsOptions::Verb;
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> folder = find_state(options.place, log);
  if (!folder) return kExitUsage;
  if (!holds_state(*folder)) {
    if (options.verb == Verb::kList) return kExitDone;
    return failed({"no model matches " + in_quotes(printable(options.model)) + ": " +
                   printable(*folder) + " holds no state"}, log);
  }
  Result<Database> database = open_state_database(*folder, false);
  if (!database) return failed(database.error(), log);
  Overview overview(std::move(*database));
  switch (options.verb) {
    case Verb::kList:
      return list_models(options, overview, log);
    case Verb::kShow:
      return show_model(options, overview, log);
    case Verb::kForget:
      return forget(options, *folder, overview, log);
  }
  return kExitFailed;
}

}  // namespace mlmon
