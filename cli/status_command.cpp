#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
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
#include "core/text/json_text.h"
#include "core/text/quantity.h"
#include "core/text/wording.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

/// What the state says now.
struct Status {
  std::vector<ModelStanding> models;
  std::vector<OutboxSum> outbox;
  std::int64_t last_good_ms = 0;
  std::int64_t silent_before_ns = 0;  // a model whose last event is older is silent
  std::size_t firing = 0, jobs = 0, silent = 0;

  bool is_silent(const ModelStanding& model) const {
    return model.last_event_ns < silent_before_ns;
  }
};

Result<Status> read_status(const StatusOptions& options, Overview& overview, const Clock& clock) {
  Status status;
  status.silent_before_ns = clock.now_ns() - options.silent_after_ns;
  const auto read = overview.models(options.model, [&](const ModelStanding& model) {
    status.firing += model.firing.size();
    status.jobs += model.jobs.size();
    status.silent += status.is_silent(model) ? 1 : 0;
    status.models.push_back(model);
  });
  if (!read) return read.error();
  auto outbox = overview.outbox();
  if (!outbox) return outbox.error();
  status.outbox = std::move(*outbox);
  const Result<std::int64_t> good = overview.last_good_ms();
  if (!good) return good.error();
  status.last_good_ms = *good;
  return status;
}

/// `,"NAME":[{…},{…}]`, of each model what append() says, which may be several objects or none.
template <class Append>
void append_array(std::string& out, const char* name, const Status& status, const Append& append) {
  out += fmt::format(",\"{}\":[", name);
  for (const ModelStanding& model : status.models) append(model);
  out += ']';
}

std::string status_json(const Status& status) {
  std::string out = "{\"last_good_run\":";
  out += status.last_good_ms == 0 ? "null" : "\"" + format_unix_ms(status.last_good_ms) + "\"";
  const auto begin = [&out] { out += out.back() == '[' ? "{" : ",{"; };
  append_array(out, "firing", status, [&](const ModelStanding& model) {
    for (const FiringRule& rule : model.firing) {
      begin();
      append_firing(out, rule);
      out += ',';
      append_model(out, model);
      out += '}';
    }
  });
  append_array(out, "jobs", status, [&](const ModelStanding& model) {
    for (const OpenJob& job : model.jobs) {
      begin();
      append_job(out, job);
      out += ',';
      append_model(out, model);
      out += '}';
    }
  });
  out += ",\"outbox\":[";
  for (const OutboxSum& sum : status.outbox) {
    begin();
    out += "\"endpoint\":";
    append_json_string(out, sum.endpoint);
    out += fmt::format(",\"waiting\":{},\"dead\":{}}}", sum.waiting, sum.dead);
  }
  out += ']';
  append_array(out, "models", status, [&](const ModelStanding& model) {
    begin();
    append_standing(out, model);
    out += fmt::format(",\"silent\":{}}}", status.is_silent(model));
  });
  return out + "}\n";
}

std::string how_many(std::size_t count, const char* one, const char* more) {
  return count == 1 ? fmt::format("1 {}", one) : fmt::format("{} {}", count, more);
}

std::string firing_table(const Status& status, std::size_t width) {
  TextTable table({"<model", "<rule", "<severity", "<since", "<observer"});
  for (const ModelStanding& model : status.models) {
    for (const FiringRule& rule : model.firing) {
      table.add({model_name(model), printable(rule.rule), printable(rule.severity),
                 printable(rule.since), printable(rule.observer)});
    }
  }
  return table.text("alert", 20, width);
}

std::string jobs_table(const Status& status, std::size_t width) {
  TextTable table({"<job", "<status", "<model", "<reason"});
  for (const ModelStanding& model : status.models) {
    for (const OpenJob& job : model.jobs) {
      table.add({printable(job.id), job.status, model_name(model), printable(job.reason)});
    }
  }
  return table.text("job", 20, width);
}

std::string outbox_table(const Status& status, std::size_t width) {
  TextTable table({"<endpoint", ">waiting", ">dead"});
  for (const OutboxSum& sum : status.outbox) {
    table.add({printable(sum.endpoint), std::to_string(sum.waiting), std::to_string(sum.dead)});
  }
  return table.text("endpoint", 20, width);
}

/// Those that are silent first.
std::string last_events_table(const Status& status, std::size_t width) {
  TextTable table({"<model", "<last event", "<"});
  for (const bool silent : {true, false}) {
    for (const ModelStanding& model : status.models) {
      if (status.is_silent(model) != silent) continue;
      table.add({model_name(model), last_event_text(model), silent ? "silent" : ""});
    }
  }
  return table.text("model", 20, width);
}

std::string status_text(const Status& status, const StatusOptions& options) {
  const std::size_t width = table_width(STDOUT_FILENO);
  std::string out = fmt::format(
      "last good run: {}\n", status.last_good_ms == 0 ? "none" : format_unix_ms(status.last_good_ms));
  const auto section = [&](bool any, const std::string& title, const auto& table) {
    out += "\n" + title + "\n";
    if (any) out += table(status, width);
  };
  section(status.firing > 0, how_many(status.firing, "alert fires", "alerts fire"), firing_table);
  section(status.jobs > 0, how_many(status.jobs, "job is open", "jobs are open"), jobs_table);
  std::uint64_t waiting = 0, dead = 0;
  for (const OutboxSum& sum : status.outbox) waiting += sum.waiting, dead += sum.dead;
  section(waiting + dead > 0, fmt::format("outbox: {} waiting, {} dead", waiting, dead), outbox_table);
  section(!status.models.empty(),
          fmt::format("{}, {} silent (no event for {})",
                      how_many(status.models.size(), "model", "models"), status.silent,
                      format_duration(options.silent_after_ns)),
          last_events_table);
  return out;
}

int exit_code_of(const Status& status, const StatusOptions::FailOn& asked) {
  if (asked.firing && status.firing > 0) return kExitAlert;
  if (asked.job && status.jobs > 0) return kExitRetrain;
  return asked.silent && status.silent > 0 ? kExitSilent : kExitDone;
}

}  // namespace

int status_command(const StatusOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> folder = find_state(options.place, log);
  if (!folder) return kExitUsage;
  Status status;
  if (holds_state(*folder)) {
    Result<Database> database = open_state_database(*folder, false);
    if (!database) return failed(database.error(), log);
    Overview overview(std::move(*database));
    Result<Status> read = read_status(options, overview, SystemClock());
    if (!read) return failed(read.error(), log);
    status = std::move(*read);
    if (!options.model.empty() && status.models.empty()) {
      log.log(LogLevel::kWarn, "", "no model matches " + in_quotes(printable(options.model)));
    }
  } else {
    log.log(LogLevel::kWarn, "", printable(*folder) + ": holds no state, no run has been there");
  }
  if (!write_stdout(options.json ? status_json(status) : status_text(status, options))) return kExitFailed;
  return exit_code_of(status, options.fail_on);
}

}  // namespace mlmon
