#include "cli/help.h"

#include <utility>

namespace mlmon {
namespace {

constexpr std::string_view kMlmon =
    R"(mlmon watches monitoring events of machine-learning models and decides when to
retrain and whom to alert.

Usage: mlmon COMMAND [FLAGS]

Commands
  run [FILE|DIR|-]...      read events, decide, deliver
  check                    validate configuration and plugins, change nothing
  plugin COMMAND           the plugins that there are; check or begin one
  jobs COMMAND             the retrainings that were requested, for trainers
  alerts COMMAND           what fires and who was told; silences
  outbox list|retry|drop   actions that wait for a receiver, or failed for good
  emit metrics|drift       print one event from flags, for shell scripts

Flags
  -h, --help               this help; of a command: mlmon COMMAND --help
      --version            the version

Example
  mlmon run events.ndjson > actions.ndjson
)";

constexpr std::string_view kRun =
    R"(Usage: mlmon run [FLAGS] [FILE|DIR|-]...

Reads events (NDJSON), decides, delivers. No FILE: stdin. .gz and .zst are read
directly; a DIR means its *.ndjson and *.jsonl files in name order.

Configuration
  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's
      --set KEY=VALUE      override one value; repeatable
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --state DIR          where state lives, from one run to the next
      --no-state           keep nothing between runs
      --lock-timeout D     how long to wait for another run with it (60s)
      --from-start         read the given files again from their beginning
  -f, --follow             go on reading as files grow, rotate, appear
Actions
  -o, --output FILE        where they go as NDJSON (default -: stdout)
      --dry-run            decide and print; deliver nothing, store nothing
      --explain            also print what was suppressed, and why
      --deliver-timeout D  how long to deliver after the input ended (30s)
      --backlog WHICH      alerts to tell of what is there at the start: all, final
                           (those that still hold when the input ends) or none
      --fail-on WHAT       none, alert, retrain or any: when such an action is
                           new, exit code 10 (alert) or 11 (retrain)
Bad lines
      --bad-lines HOW      skip (default), or stop at the first
      --quarantine FILE    append them to FILE as NDJSON
      --max-bad N|P%       exit code 3 when there are more
Running
      --threads N          of the parser (default: as many as cores)
      --shutdown-timeout D how long to finish after Ctrl-C or SIGTERM (10s)
Reporting, on stderr
      --progress WHEN      auto, always or never
      --summary FORM       auto, text, json or none
      --receipt FILE       write the account of the run as JSON
      --log-format FORM    text or json
  -v, --verbose            tell more
  -q, --quiet              tell errors only
  -h, --help               this help
)";

constexpr std::string_view kCheck =
    R"(Usage: mlmon check [FLAGS]

Validates the configuration and the plugins that it names, prints what would run
and changes nothing. Exit code 2 when there is a mistake.

  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's
      --set KEY=VALUE      override one value; repeatable
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object a line
  -h, --help               this help
)";

constexpr std::string_view kPlugin =
    R"(Usage: mlmon plugin COMMAND [FLAGS]

Commands
  list                     the plugins that there are
  info NAME|FILE.so        what a plugin does, and its configuration keys
  new --lang LANG NAME     write the project of a new one
  check FILE.so            does a plugin keep to the rules of the SDK

  -h, --help               this help; of a command: mlmon plugin COMMAND --help
)";

constexpr std::string_view kPluginList =
    R"(Usage: mlmon plugin list [FLAGS]

Lists the plugins in the folders of --plugin-dir, in those of MLMON_PLUGIN_PATH
and in the installed one, in this order.

      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object a line
  -h, --help               this help
)";

constexpr std::string_view kPluginInfo =
    R"(Usage: mlmon plugin info [FLAGS] NAME|FILE.so

Tells what a plugin does, and the keys of its configuration.

      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object
  -h, --help               this help
)";

constexpr std::string_view kPluginNew =
    R"(Usage: mlmon plugin new --lang c|c++|rust NAME

Writes the folder NAME: an observer that works, with its configuration, a test
and a README, to be changed into your own. It brings along what it needs of the
SDK, so that `make` there gives build/NAME.so also where mlmon is not installed
(c: gcc, c++: g++ 11 or later, rust: cargo; none loads anything from a network).

      --lang LANG          c, c++ or rust
  -h, --help               this help

Example
  mlmon plugin new --lang c++ low_auc && cd low_auc && make && make test
)";

constexpr std::string_view kPluginCheck =
    R"(Usage: mlmon plugin check [FLAGS] FILE.so

Tries a plugin out: its file, how it loads, its schema, and each of its classes
against hosts and events of every kind. Each check runs in a process of its own.
Exit code 1 when one failed.

      --set KEY=VALUE      a key of the plugin, needed if it has no default;
                           repeatable
  -c, --config FILE        TOML: the keys of its observer that runs FILE.so
      --deliver            deliver made-up actions also to where these keys say
      --only NAME[,NAME]   these checks, or groups of them, as in memory.bounds,
                           state; repeatable
      --timeout D          for each check (default 20s)
      --list               tell what is checked, and check nothing
      --plugin-dir DIR     where a NAME in place of FILE.so is looked for first
      --json               one JSON object a line
  -h, --help               this help
)";

constexpr std::string_view kJobs =
    R"(Usage: mlmon jobs COMMAND [FLAGS]

The retrainings that were requested and that no other target takes: jobs, which
trainers claim for a while (a lease) and end. A lease that runs out gives its
job back.

Commands
  list                     the jobs, oldest first
  show ID                  one of them
  claim                    lease the oldest that is queued; print it as JSON
  renew ID                 prolong the lease
  done ID | fail ID        end a job
  cancel ID                end a job that nobody needs
  retry ID                 put one that failed or was cancelled back
  work -- COMMAND...       claim, run COMMAND, end the job by how it ended, next

  -h, --help               this help; of a command: mlmon jobs COMMAND --help
)";

#define MLMON_STATE_FLAGS                                                          \
  "      --state DIR          where state lives\n"                                 \
  "  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's\n" \
  "      --set KEY=VALUE      override one value; repeatable\n"                    \
  "  -h, --help               this help\n"

constexpr std::string_view kJobsList =
    R"(Usage: mlmon jobs list [FLAGS]

Lists the jobs, oldest first. One whose lease has run out is queued again.

      --status STATUS      queued, claimed, done, failed or cancelled
      --model GLOB         of models with such a name
      --json               one JSON object a line
)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsShow =
    R"(Usage: mlmon jobs show [FLAGS] ID

Shows one job.

      --json               one JSON object
)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsClaim =
    R"(Usage: mlmon jobs claim [FLAGS]

Leases the oldest job that is queued and prints it as one JSON object. Exit code
12 when there is none.

      --model GLOB         of models with such a name
      --lease D            after which the job is given back (default 1h)
      --worker NAME        who claims it (default MLMON_WORKER, else HOST:PID)
)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsRenew =
    R"(Usage: mlmon jobs renew [FLAGS] ID

Prolongs the lease of a claimed job.

      --lease D            from now on (default 1h)
      --worker NAME        refuse unless NAME holds it (default MLMON_WORKER)
)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsDone =
    R"(Usage: mlmon jobs done [FLAGS] ID

Ends a job: the model was retrained. Its observer may request the next one.

      --note TEXT          kept with the job
      --worker NAME        refuse unless NAME holds it (default MLMON_WORKER)
)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsFail =
    R"(Usage: mlmon jobs fail [FLAGS] --reason TEXT ID

Ends a job: the model could not be retrained.

      --reason TEXT        kept with the job as its note
      --worker NAME        refuse unless NAME holds it (default MLMON_WORKER)
)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsCancel =
    R"(Usage: mlmon jobs cancel [FLAGS] ID

Ends a job that nobody needs. A COMMAND of `mlmon jobs work` is stopped.

      --worker NAME        refuse unless NAME holds it (default MLMON_WORKER)
)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsRetry =
    R"(Usage: mlmon jobs retry [FLAGS] ID

Puts a job that failed or was cancelled back into the queue, unless a newer one
of its model is open.

)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsWork =
    R"(Usage: mlmon jobs work [FLAGS] -- COMMAND...

Claims a job, runs COMMAND (without a shell) with the job's JSON on stdin and
MLMON_JOB_ID, MLMON_MODEL_NAME, MLMON_MODEL_VERSION and MLMON_REASON in its
environment, and goes on with the next. COMMAND's exit code 0: done; 75: another
try a minute later; any other: failed. Ends with 0 when no job is left, with 1
when a COMMAND failed.

      --once               one job only; exit code 12 when there is none
      --model GLOB         of models with such a name
      --lease D            renewed while COMMAND runs (default 1h)
      --worker NAME        who claims them (default MLMON_WORKER, else HOST:PID)
)" MLMON_STATE_FLAGS;

constexpr std::string_view kOutbox =
    R"(Usage: mlmon outbox COMMAND [FLAGS]

Deliveries of actions that wait for their next try, and dead ones, which failed
for good.

Commands
  list                     all of them
  retry ID...|--all        try them now
  drop ID...|--all         forget them

  -h, --help               this help; of a command: mlmon outbox COMMAND --help
)";

constexpr std::string_view kOutboxList =
    R"(Usage: mlmon outbox list [FLAGS]

Lists the deliveries that wait or are dead, oldest action first.

      --json               one JSON object a line
)" MLMON_STATE_FLAGS;

constexpr std::string_view kOutboxRetry =
    R"(Usage: mlmon outbox retry [FLAGS] ID...

Makes the deliveries of the actions due now, dead ones too. An active run or the
next one tries them.

      --all                all that there are
)" MLMON_STATE_FLAGS;

constexpr std::string_view kOutboxDrop =
    R"(Usage: mlmon outbox drop [FLAGS] ID...

Forgets the deliveries of the actions that wait or are dead.

      --all                all that there are
)" MLMON_STATE_FLAGS;

constexpr std::string_view kAlerts =
    R"(Usage: mlmon alerts COMMAND [FLAGS]

The alerts of all observers: what fires now, since when, who was told of it, and
why somebody was not.

Commands
  list                     what fires now
  show ID                  one alert, all its changes and who was told of each
  silence                  tell nobody of some alerts for a while
  unsilence ID             end a silence

  -h, --help               this help; of a command: mlmon alerts COMMAND --help
)";

constexpr std::string_view kAlertsList =
    R"(Usage: mlmon alerts list [FLAGS]

Lists what fires now, the longest first.

      --model GLOB         of models with such a name
      --all                also what has been resolved
      --silences           the silences in force, in place of alerts
      --json               one JSON object a line
)" MLMON_STATE_FLAGS;

constexpr std::string_view kAlertsShow =
    R"(Usage: mlmon alerts show [FLAGS] ID

Shows the alert that the action ID belongs to, each of its changes with who was
told of it, when, and what the receiver answered, or why it was not told.

      --json               one JSON object
)" MLMON_STATE_FLAGS;

constexpr std::string_view kAlertsSilence =
    R"(Usage: mlmon alerts silence [FLAGS] --model GLOB --for D --by NAME --reason TEXT

For a while nobody is told of the alerts of some models. They are recorded, and
what still fires at the end of the silence is told then. Prints the ID of the
silence.

      --model GLOB         of models with such a name
      --rule GLOB          only alerts of rules with such a name
      --for D              how long, from now on: 30m, 2h, 7d
      --by NAME            who says so
      --reason TEXT        why
      --json               one JSON object
)" MLMON_STATE_FLAGS;

constexpr std::string_view kAlertsUnsilence =
    R"(Usage: mlmon alerts unsilence [FLAGS] ID | --model GLOB

Ends a silence now: that with this ID (`mlmon alerts list --silences`), or those
made with this --model, and this --rule if one is given.

      --model GLOB         as it was given to `silence`
      --rule GLOB          likewise
)" MLMON_STATE_FLAGS;

#undef MLMON_STATE_FLAGS

constexpr std::string_view kEmit =
    R"(Usage: mlmon emit metrics|drift [FLAGS] [FIELD=VALUE]...

Prints one event, as `mlmon run` reads it: the smallest pipeline there is.

Commands
  metrics                  how good a model was: accuracy, precision, recall, f1
  drift                    how far its data have moved: p_value, magnitude

  -h, --help               this help; of a command: mlmon emit COMMAND --help

Example
  mlmon emit metrics name=fraud version=2.1.0 deployed_at=2026-01-01T00:00:00Z \
    f1=0.71 | mlmon run
)";

#define MLMON_EMIT_MODEL                                                              \
  "Model, all three needed\n"                                                         \
  "      --model NAME         its name\n"                                             \
  "      --version V          its version (semver)\n"                                 \
  "      --deployed-at T      when it was deployed, RFC 3339 with a zone\n"
#define MLMON_EMIT_REST                                                               \
  "      --samples N          how many predictions the figures stand on\n"            \
  "      --label K=V          passed on to actions; repeatable\n"                     \
  "      --id ID              your own id of the event\n"                             \
  "      --at T               its time, RFC 3339 with a zone (default: now)\n"        \
  "  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's\n"    \
  "      --set KEY=VALUE      override one value; repeatable\n"                       \
  "  -h, --help               this help\n"

constexpr std::string_view kEmitMetrics =
    R"(Usage: mlmon emit metrics [FLAGS] [FIELD=VALUE]...

Prints one metrics event. FIELD=VALUE are the event's own fields: name, version,
deployed_at, f1, labels.K, metrics.K and so on. Exit code 2 when `mlmon run`
would refuse it.

)" MLMON_EMIT_MODEL R"(Event, at least one figure
      --accuracy, --precision, --recall, --f1 X    figures in [0, 1]
      --metric NAME=X      a further figure; repeatable
)" MLMON_EMIT_REST;

constexpr std::string_view kEmitDrift =
    R"(Usage: mlmon emit drift [FLAGS] [FIELD=VALUE]...

Prints one drift event. FIELD=VALUE are the event's own fields: name, version,
deployed_at, p_value, magnitude, labels.K, features.NAME.p_value and so on.
Exit code 2 when `mlmon run` would refuse it.

)" MLMON_EMIT_MODEL R"(Event, at least one figure
      --p-value X          in [0, 1]
      --magnitude X        the size of the effect, at least 0
      --feature NAME       what drifted
      --feature-p-value NAME=X, --feature-magnitude NAME=X
                           tests of several features together; repeatable
)" MLMON_EMIT_REST;

#undef MLMON_EMIT_MODEL
#undef MLMON_EMIT_REST

}  // namespace

std::string_view help_text(std::string_view command) {
  static constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"run", kRun},
      {"check", kCheck},
      {"plugin", kPlugin},
      {"plugin list", kPluginList},
      {"plugin info", kPluginInfo},
      {"plugin new", kPluginNew},
      {"plugin check", kPluginCheck},
      {"jobs", kJobs},
      {"jobs list", kJobsList},
      {"jobs show", kJobsShow},
      {"jobs claim", kJobsClaim},
      {"jobs renew", kJobsRenew},
      {"jobs done", kJobsDone},
      {"jobs fail", kJobsFail},
      {"jobs cancel", kJobsCancel},
      {"jobs retry", kJobsRetry},
      {"jobs work", kJobsWork},
      {"alerts", kAlerts},
      {"alerts list", kAlertsList},
      {"alerts show", kAlertsShow},
      {"alerts silence", kAlertsSilence},
      {"alerts unsilence", kAlertsUnsilence},
      {"outbox", kOutbox},
      {"outbox list", kOutboxList},
      {"outbox retry", kOutboxRetry},
      {"outbox drop", kOutboxDrop},
      {"emit", kEmit},
      {"emit metrics", kEmitMetrics},
      {"emit drift", kEmitDrift}};
  for (const auto& [name, text] : kTexts) {
    if (command == name) return text;
  }
  return kMlmon;
}

}  // namespace mlmon
