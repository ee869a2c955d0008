#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/find_state.h"
#include "cli/jobs_work.h"
#include "cli/log.h"
#include "cli/model_text.h"
#include "cli/standard_streams.h"
#include "cli/state_rows.h"
#include "cli/system_clock.h"
#include "cli/terminal.h"
#include "core/store/database_clock.h"
#include "core/store/job_queue.h"
#include "core/store/postgres_state.h"
#include "core/store/state_folder.h"
#include "core/store/state_schema.h"

namespace mlmon {
namespace {

using JobsVerb = JobsOptions::Verb;

/// --worker, else MLMON_WORKER.
std::optional<std::string> named_worker(const JobsOptions& options) {
  if (options.worker) return options.worker;
  const char* const name = std::getenv("MLMON_WORKER");
  if (name == nullptr || *name == '\0') return std::nullopt;
  return name;
}

/// HOST:PID where nobody has given a name.
std::string worker_of(const JobsOptions& options) {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return named_worker(options).value_or(fmt::format("{}:{}", host, ::getpid()));
}

std::string job_model(const Job& job) {
  return model_name(job.model, job.version, format_rfc3339(job.deployed_at));
}

int list_jobs(const JobsOptions& options, JobQueue& queue, Log& log) {
  StateRows rows({"<job", "<status", "<model", "<reason", "<event time", ">attempts", "<worker",
                  "<note"},
                 "job", options.json);
  const auto listed = queue.list({options.status, options.model}, [&](const Job& job) {
    if (options.json) return rows.add(job_json(job));
    return rows.add({job.id, job.status, job_model(job), or_dash(job.reason),
                     or_dash(job.event_time), std::to_string(job.attempts), or_dash(job.worker),
                     or_dash(job.note)});
  });
  if (!listed) return failed(listed.error(), log);
  return ended(rows.finish(), log);
}

std::string job_text(const Job& job) {
  std::string out;
  const auto line = [&](const char* name, const std::string& text) {
    if (!text.empty()) out += fmt::format("{:<12} {}\n", name, printable(text));
  };
  line("job", job.id);
  line("status", job.status);
  line("model", job_model(job));
  line("rule", job.rule);
  line("reason", job.reason);
  line("event time", job.event_time);
  line("attempts", std::to_string(job.attempts));
  line("worker", job.worker);
  if (job.lease_until_ms != 0) line("lease until", format_unix_ms(job.lease_until_ms));
  line("note", job.note);
  return out;
}

int show_job(const JobsOptions& options, JobQueue& queue, Log& log) {
  const Result<Job> job = queue.show(options.id);
  if (!job) return failed(job.error(), log);
  const std::string text = options.json ? job_json(*job) + "\n" : job_text(*job);
  return write_stdout(text) ? kExitDone : kExitFailed;
}

int claim(const JobsOptions& options, JobQueue& queue, Log& log) {
  std::signal(SIGPIPE, SIG_IGN);  // what nobody reads, nobody works on
  const std::string worker = worker_of(options);
  const auto job = queue.claim(options.model, worker, options.lease_ns);
  if (!job) return failed(job.error(), log);
  if (!*job) return kExitNoJob;
  const auto written = FdOutput(STDOUT_FILENO, "stdout").write(job_json(**job) + "\n");
  if (written) return kExitDone;
  const auto back = queue.give_back((*job)->id, 0, worker);
  return failed({written.error().text + (back ? ": the job was given back" : "")}, log);
}

int change_job(const JobsOptions& options, JobQueue& queue, Log& log) {
  const std::optional<std::string> worker = named_worker(options);
  switch (options.verb) {
    case JobsVerb::kRenew:
      return ended(queue.renew(options.id, options.lease_ns, worker), log);
    case JobsVerb::kDone:
      return ended(queue.close(options.id, "done", options.note, worker), log);
    case JobsVerb::kFail:
      return ended(queue.close(options.id, "failed", options.note, worker), log);
    case JobsVerb::kCancel:
      return ended(queue.close(options.id, "cancelled", "", worker), log);
    default:
      return ended(queue.retry(options.id), log);
  }
}

/// Of a folder in which no run has left anything.
int without_jobs(const JobsOptions& options, const std::string& folder, Log& log) {
  switch (options.verb) {
    case JobsVerb::kList:
      return kExitDone;
    case JobsVerb::kClaim:
      return kExitNoJob;
    case JobsVerb::kWork:
      return options.once ? kExitNoJob : kExitDone;
    default:
      return failed({fmt::format("there is no job {}: {} holds no state", options.id, folder)},
                    log);
  }
}

/// A worker's command may run for days: a connection that broke meanwhile is made again. While that is tried nobody
/// looks after the command, so not for so long that its lease could end.
Result<Database> open_registry(const JobsOptions& options, const std::string& place, Log& log) {
  constexpr std::int64_t kLongestRetryNs = 30'000'000'000;
  if (!is_postgres_url(place) || options.verb != JobsVerb::kWork) return open_state_database(place, false);
  PostgresOptions connection;
  connection.retry_ns = std::min(kLongestRetryNs, options.lease_ns / 6);
  connection.warn = [&log](const std::string& text) { log.log(LogLevel::kWarn, "", text); };
  return open_postgres_state(place, false, std::move(connection));
}

}  // namespace

int jobs_command(const JobsOptions& options) {
  Terminal terminal(STDERR_FILENO);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const std::optional<std::string> folder = find_state(options.place, log);
  if (!folder) return kExitUsage;
  if (!holds_state(*folder)) return without_jobs(options, *folder, log);
  Result<Database> database = open_registry(options, *folder, log);
  if (!database) return failed(database.error(), log);
  const SystemClock clock;
  const Result<DatabaseClock> shared = DatabaseClock::of(*database, clock);
  if (!shared) return failed(shared.error(), log);
  JobQueue queue(std::move(*database), *shared);
  switch (options.verb) {
    case JobsVerb::kList:
      return list_jobs(options, queue, log);
    case JobsVerb::kShow:
      return show_job(options, queue, log);
    case JobsVerb::kClaim:
      return claim(options, queue, log);
    case JobsVerb::kWork:
      return work(options, worker_of(options), *folder, queue, clock, log);
    default:
      return change_job(options, queue, log);
  }
}

}  // namespace mlmon
