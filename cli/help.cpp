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
  backtest                 what would other limits have decided
  config show|init         values in force, where they come from; a new file
  status                   what fires, is open or waits; each model's last event
  models list|show|forget  the models seen so far, with their newest figures
  why MODEL                the state of each rule for a model, what it waits for
  report                   one HTML page of what the state holds
  doctor                   is all well: state, clock, permissions, receivers
  completion bash|zsh|fish completion of command lines, for a shell
  plugin COMMAND           list plugins; check one, or begin a new one
  jobs COMMAND             the retrainings that were requested, for trainers
  alerts COMMAND           what fires and who was told; silences
  outbox list|retry|drop   actions that wait for a receiver, or failed for good
  state COMMAND            what is kept between runs: size, compact, backup
  emit metrics|drift       print one event from flags, for shell scripts
  import FORMAT [FILE]...  turn what other tools wrote into events
  schema WHAT              JSON Schema of an event, action, receipt or config

Flags
  -h, --help               this help; for a command: mlmon COMMAND --help
      --version            the version

Example
  mlmon run events.ndjson > actions.ndjson
)";

constexpr std::string_view kRun =
    R"(Usage: mlmon run [FLAGS] [FILE|DIR|-]...

Reads events (NDJSON), decides, delivers. No FILE: stdin. DIR: its *.ndjson and
*.jsonl files, also .gz and .zst. kafka://BROKER,…/TOPIC,…: Kafka topics.

Configuration
  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's
      --set KEY=VALUE      override one value; repeatable
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --state DIR          where state lives between runs; or postgresql://…
      --no-state           keep nothing between runs
      --lock-timeout D     how long to wait for another run's lock (60s)
      --from-start         read the given files again from the beginning
  -f, --follow             go on reading as files grow, rotate, appear
Actions
  -o, --output FILE        where they go as NDJSON (default -: stdout)
      --dry-run            decide and print; deliver nothing, store nothing
      --observer FILE.so   run this plugin alone, with its defaults; repeatable
      --explain            also print what was suppressed, and why
      --deliver-timeout D  how long to deliver after the input ended (30s)
      --backlog all|final|none  which alerts of a backlog are sent (all)
      --fail-on none|alert|retrain|any  exit code 10 (alert), 11 when one is new
Bad lines
      --bad-lines skip|stop  skip them (default), or stop before the first
      --quarantine FILE    append them to FILE as NDJSON
      --max-bad N|P%       exit code 3 if there are more
Running
      --threads N          for parsing (default: one for each core)
      --shutdown-timeout D how long to finish after Ctrl-C or SIGTERM (10s)
Reporting, on stderr
      --progress auto|always|never   a line with rate and time left
      --summary auto|text|json|none  what happened, at the end
      --receipt FILE       write the account of the run as JSON
      --metrics-file FILE  write totals for Prometheus' textfile collector
      --log-format text|json  how messages are written
  -v, --verbose            report more
  -q, --quiet              report errors only
  -h, --help               this help
)";

constexpr std::string_view kCheck =
    R"(Usage: mlmon check [FLAGS]

Validates the configuration and the plugins that it names, prints what would run
and changes nothing. Exit code 2 when there is a mistake.

  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's
      --set KEY=VALUE      override one value; repeatable
      --state DIR          where state lives; or postgresql://…
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --model NAME         only what applies to that model
      --json               one JSON object a line
  -h, --help               this help
)";

constexpr std::string_view kConfig =
    R"(Usage: mlmon config COMMAND [FLAGS]

Commands
  show                     each value that is in force, and where it comes from
  init [FILE]              write a configuration with all keys as comments

  -h, --help               this help; for a command: mlmon config COMMAND --help
)";

constexpr std::string_view kConfigShow =
    R"(Usage: mlmon config show [FLAGS]

Shows each value that is in force and where it comes from: default, FILE:LINE,
--set, $NAME of a variable, or a flag. Secrets are not shown.

  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's
      --set KEY=VALUE      override one value; repeatable
      --state DIR          where state lives; or postgresql://…
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object a line
  -h, --help               this help
)";

constexpr std::string_view kConfigInit =
    R"(Usage: mlmon config init [FLAGS] [FILE]

Writes FILE (default mlmon.toml; -: stdout): the default observers, and each key
with its meaning and default as a comment. An existing FILE is left alone.

      --plugin-dir DIR     where plugins are looked for first; repeatable
  -h, --help               this help
)";

constexpr std::string_view kCompletion =
    R"(Usage: mlmon completion bash|zsh|fish

Prints a script with which the shell completes mlmon's command lines, including
names of models, jobs and observers from the state.

  -h, --help               this help

Example
  source <(mlmon completion bash)
)";

constexpr std::string_view kPlugin =
    R"(Usage: mlmon plugin COMMAND [FLAGS]

Commands
  list                     the plugins that mlmon finds
  info NAME|FILE.so        what a plugin does, and its configuration keys
  new --lang LANG NAME     write the project of a new one
  check FILE.so            whether a plugin follows the rules of the SDK
  test FILE.so DIR         whether it decides what the cases in DIR expect

  -h, --help               this help; for a command: mlmon plugin COMMAND --help
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
    R"(Usage: mlmon plugin info [FLAGS] NAME|FILE.so|FILE.py

Shows what a plugin does, and the keys of its configuration.

      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object
  -h, --help               this help
)";

constexpr std::string_view kPluginNew =
    R"(Usage: mlmon plugin new --lang c|c++|rust|python NAME

Writes the folder NAME: a working observer with its configuration, a test and a
README, for you to change. It contains what it needs of the SDK, so that `make`
there builds build/NAME.so even where mlmon is not installed (c: gcc, c++: g++
11 or later, rust: cargo; nothing is downloaded).
In Python there is nothing to build: NAME/NAME.py is the observer.

      --lang c|c++|rust|python
                           what it is written in
  -h, --help               this help

Example
  mlmon plugin new --lang c++ low_auc && cd low_auc && make && make test
)";

constexpr std::string_view kPluginCheck =
    R"(Usage: mlmon plugin check [FLAGS] FILE.so|FILE.py

Tries a plugin out: its file, how it loads, its schema, and each of its classes
against hosts and events of every kind. Each check runs in a process of its own.
Exit code 1 when one failed.

      --set KEY=VALUE      a key of the plugin, needed if it has no default;
                           repeatable
  -c, --config FILE        TOML: the keys of its observer that runs FILE.so
      --events FILE        use these events instead of generated ones, for its
                           own fields, types and derived events
      --deliver            also deliver generated actions where these keys say
      --only NAME[,NAME]   these checks, or groups of them, as in memory.bounds,
                           state; repeatable
      --timeout D          for each check (default 60s)
      --list               list the checks, and run none
      --plugin-dir DIR     where a NAME in place of FILE.so is looked for first
      --json               one JSON object a line
  -h, --help               this help
)";

constexpr std::string_view kBacktest =
    R"(Usage: mlmon backtest [FLAGS] FILE|DIR|-...

Tries policies on recorded events: what would each of these configurations have
decided? The events are read once, whatever the number of policies. Nothing is
stored and nothing delivered.

  -c, --config FILE        a policy; repeatable (none: the one run would use)
      --set KEY=VALUE      override one value in all of them; repeatable
      --job-takes D        a retraining ends after so much event time;
                           without it only `job` events in FILE end one
      --diff               also list what only some of the policies decide
      --threads N          for parsing (default: one for each core)
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object a line
  -h, --help               this help

Example
  mlmon backtest -c today.toml -c cautious.toml --job-takes 6h events.ndjson
)";

constexpr std::string_view kPluginTest =
    R"(Usage: mlmon plugin test [FLAGS] FILE.so DIR

Runs the plugin on the cases in DIR. A case is X.ndjson (events), X.toml (the
configuration; without it the plugin alone, with its defaults), and
X.actions.ndjson: what it must decide. Each is read in several ways, with small
and large batches and cut into two runs; the decisions must be the same but for
source, line and offset. Nothing is delivered. Exit code 1 when a case failed.

      --update             write what is decided now to X.actions.ndjson
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
  retry ID                 queue one again that failed or was cancelled
  work -- COMMAND...       claim, run COMMAND, close the job by its exit code

  -h, --help               this help; for a command: mlmon jobs COMMAND --help
)";

#define MLMON_STATE_FLAGS                                                          \
  "      --state DIR          where state lives; or postgresql://…\n"              \
  "  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's\n" \
  "      --set KEY=VALUE      override one value; repeatable\n"                    \
  "  -h, --help               this help\n"

constexpr std::string_view kJobsList =
    R"(Usage: mlmon jobs list [FLAGS]

Lists the jobs, oldest first. One whose lease has run out is queued again.

      --status STATUS      queued, claimed, done, failed or cancelled
      --model GLOB         only models with such a name
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

      --model GLOB         only models with such a name
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

Puts a job that failed or was cancelled back into the queue, unless another one
of its model is open.

)" MLMON_STATE_FLAGS;

constexpr std::string_view kJobsWork =
    R"(Usage: mlmon jobs work [FLAGS] -- COMMAND...

Claims a job, runs COMMAND (without a shell) with the job's JSON on stdin and
MLMON_JOB_ID, MLMON_MODEL_NAME, MLMON_MODEL_VERSION and MLMON_REASON in its
environment, and goes on with the next. COMMAND's exit code 0: done; 75: another
try a minute later; any other: failed, or given back if a signal had told the
worker to stop. Ends with 0 when no job is left, with 1 when a COMMAND failed.

      --once               one job only; exit code 12 when there is none
      --model GLOB         only models with such a name
      --lease D            renewed while COMMAND runs (default 1h)
      --worker NAME        who claims them (default MLMON_WORKER, else HOST:PID)
)" MLMON_STATE_FLAGS;

constexpr std::string_view kStatus =
    R"(Usage: mlmon status [FLAGS]

Shows what holds now, from the state alone, also while a run is active: what
fires, which jobs are open, what waits in the outbox, each model's last event,
the last good run.

      --model GLOB         only models with such a name
      --fail-on firing|job|silent|any
                           exit code 10 while an alert fires, 11 while a job is
                           open, 13 while a model is silent; the first of them
      --silent-after D     a model without events for so long is silent (24h)
      --json               one JSON object
)" MLMON_STATE_FLAGS;

constexpr std::string_view kReport =
    R"(Usage: mlmon report [FLAGS] [FILE|DIR]...

Writes one HTML page that needs nothing else: what holds now, the models, charts
of their figures from the event files given (else [input] files) with limits,
firing spans and retrainings, jobs, dead letters, the last runs.

  -o, --output FILE        where it goes (default mlmon-report.html; -: stdout)
      --model GLOB         only models with such a name
      --plugin-dir DIR     where plugins are looked for first; repeatable
)" MLMON_STATE_FLAGS;

constexpr std::string_view kWhy =
    R"(Usage: mlmon why [FLAGS] MODEL

Shows each rule for the model of this name, from the state alone, also while a
run is active: its limit and window, whether it holds, what last held it back
and until when, and what would have to happen for a request or an alert. If
there are several deployments, the newest comes first.

      --observer NAME      only this observer
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object a line, for each deployment
)" MLMON_STATE_FLAGS;

constexpr std::string_view kDoctor =
    R"(Usage: mlmon doctor [FLAGS]

Checks whether all is well: the configuration and its plugins, the state, who
may read and write it, the clock, what waits, receivers. Changes no file. Exit
code 1 when something is broken; what only waits is a warning.

      --online             also connect to receivers, targets, Kafka's brokers
      --plugin-dir DIR     where plugins are looked for first; repeatable
      --json               one JSON object a line
)" MLMON_STATE_FLAGS;

constexpr std::string_view kModels =
    R"(Usage: mlmon models COMMAND [FLAGS]

Commands
  list [GLOB]              the models that were seen
  show GLOB                all that is known about it, newest deployment first
  forget GLOB              drop what is kept of retired models

  -h, --help               this help; for a command: mlmon models COMMAND --help
)";

constexpr std::string_view kModelsList =
    R"(Usage: mlmon models list [FLAGS] [GLOB]

Lists the models seen so far (GLOB: those with such a name): last event,
newest figures, what fires, open job, and what the next request waits for.

      --json               one JSON object a line
)" MLMON_STATE_FLAGS;

constexpr std::string_view kModelsShow =
    R"(Usage: mlmon models show [FLAGS] GLOB

Shows all that is known about the models with such a name, newest deployment
first.

      --json               one JSON object a line
)" MLMON_STATE_FLAGS;

constexpr std::string_view kModelsForget =
    R"(Usage: mlmon models forget [FLAGS] GLOB

Drops what is kept of the models with such a name: what observers know of them,
their figures, what fires. Not while a run is active, and not where a job is
open. An event of such a model begins anew; nothing is done twice.

)" MLMON_STATE_FLAGS;

constexpr std::string_view kState =
    R"(Usage: mlmon state COMMAND [FLAGS]

What is kept between runs, in a state folder or in PostgreSQL.

Commands
  info                     what it holds, how old that is, and its size
  compact                  remove what is done, and free the disk space
  init                     make its tables before the first run
  copy FROM TO             a folder to a database, or back, checked row by row
  export                   all of it as lines of JSON on stdout, for a backup
  import FILE|-            what was exported, into a state that is empty

  -h, --help               this help; for a command: mlmon state COMMAND --help
)";

constexpr std::string_view kStateInfo =
    R"(Usage: mlmon state info [FLAGS]

Shows what the state holds: rows of each kind, the times of the oldest and the
newest, the size of the database. Works while a run is active.

      --json               as one JSON object
)" MLMON_STATE_FLAGS;

constexpr std::string_view kStateInit =
    R"(Usage: mlmon state init [FLAGS]

Makes the tables of the state, as the first run does: for a database in which
runs may not make tables. What is there stays as it is.

)" MLMON_STATE_FLAGS;

constexpr std::string_view kStateCopy =
    R"(Usage: mlmon state copy [--json] FROM TO

Copies a state: a folder to a database (postgresql://…), or back. TO is empty.
All is written in one transaction, read again and compared row by row. Not
beside a run on either.

      --json               what was copied, as one JSON object
  -h, --help               this help
)";

constexpr std::string_view kStateExport =
    R"(Usage: mlmon state export [FLAGS] > FILE

Writes the whole state to stdout as it is at one moment, a line of JSON for each
row: a backup that `mlmon state import` reads. Works while a run is active.

)" MLMON_STATE_FLAGS;

constexpr std::string_view kStateImport =
    R"(Usage: mlmon state import [FLAGS] FILE|-

Reads what `mlmon state export` wrote into a state folder or a database that
holds nothing: all of it, or nothing if a line is wrong.

      --json               what was read, as one JSON object
)" MLMON_STATE_FLAGS;

constexpr std::string_view kStateCompact =
    R"(Usage: mlmon state compact [FLAGS]

Removes the texts of actions that are written and delivered, alerts that are
over with what was told of them, and silences that are over; then the database
is made as small as it can be. What waits, dead letters, jobs, alerts that fire,
and the ids of all actions stay, so that nothing is done twice. Not possible
while a run is active.

      --keep DUR           what is younger stays (7d), in days on which runs
                           began; 0s: remove whatever is done
      --dry-run            of a folder: say what would go, and change nothing
      --json               as one JSON object
)" MLMON_STATE_FLAGS;

constexpr std::string_view kOutbox =
    R"(Usage: mlmon outbox COMMAND [FLAGS]

Deliveries of actions that wait for their next try, and dead ones, which failed
for good.

Commands
  list                     all of them
  retry ID...|--all        try them now
  drop ID...|--all         forget them

  -h, --help               this help; for a command: mlmon outbox COMMAND --help
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

      --all                all of them
)" MLMON_STATE_FLAGS;

constexpr std::string_view kOutboxDrop =
    R"(Usage: mlmon outbox drop [FLAGS] ID...

Forgets the deliveries of the actions that wait or are dead.

      --all                all of them
)" MLMON_STATE_FLAGS;

constexpr std::string_view kAlerts =
    R"(Usage: mlmon alerts COMMAND [FLAGS]

The alerts of all observers: what fires now, since when, who was told of it, and
why others were not.

Commands
  list                     what fires now
  show ID                  one alert, all its changes and who was told of each
  silence                  send some alerts to nobody for a while
  unsilence ID             end a silence

  -h, --help               this help; for a command: mlmon alerts COMMAND --help
)";

constexpr std::string_view kAlertsList =
    R"(Usage: mlmon alerts list [FLAGS]

Lists what fires now, the longest first.

      --model GLOB         only models with such a name
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

For a while the alerts of some models are sent to nobody. They are recorded, and
what still fires at the end of the silence is sent then. Prints the ID of the
silence.

      --model GLOB         only models with such a name
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

      --model GLOB         as given to `silence`
      --rule GLOB          likewise
)" MLMON_STATE_FLAGS;

#undef MLMON_STATE_FLAGS

constexpr std::string_view kEmit =
    R"(Usage: mlmon emit metrics|drift [FLAGS] [FIELD=VALUE]...

Prints one event, as `mlmon run` reads it: the smallest pipeline there is.

Commands
  metrics                  how good a model was: accuracy, precision, recall, f1
  drift                    how far its data have moved: p_value, magnitude

  -h, --help               this help; for a command: mlmon emit COMMAND --help

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
      --accuracy X         a number in [0, 1]
      --precision X        a number in [0, 1]
      --recall X           a number in [0, 1]
      --f1 X               a number in [0, 1]
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
      --feature-p-value NAME=X
                           of one of several features; repeatable
      --feature-magnitude NAME=X
                           of one of several features; repeatable
)" MLMON_EMIT_REST;

#undef MLMON_EMIT_MODEL
#undef MLMON_EMIT_REST

constexpr std::string_view kImport =
    R"(Usage: mlmon import FORMAT [FLAGS] [FILE|-]...

Turns what other tools wrote into events for `mlmon run`. No FILE: stdin.
What a flag says wins over what a file says; what neither says is an error.

Formats
  evidently                reports and snapshots, json() before 0.7 too
  nannyml                  CSV of to_df(multilevel=False)
  alibi                    what a detector predicts, also as CloudEvents
  mlflow                   answers of runs/get, runs/search, metrics/get-history
  sagemaker                statistics.json of a model quality job
  csv                      tables with mlmon's fields as columns, or mapped
  json                     records with mlmon's fields as members, or mapped
All formats
      --model NAME         the model's name
      --version V          its version
      --deployed-at T      when it was deployed
      --at T|mtime         the events' time; mtime: when the file was changed
      --samples N          how many predictions the figures stand on
      --label K=V          passed on to actions; repeatable
  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's
      --set KEY=VALUE      override one value; repeatable
  -h, --help               this help
One format
      --p-value METHOD     evidently: a drift method whose value is a p-value
      --distance METHOD    evidently: one whose value is a distance
      --period all         nannyml: also chunks outside of the analysis
      --feature NAME       alibi: what an array holds, in order; repeatable
      --prefix PREFIX      mlflow: which of val_f1, test_f1 and so on is f1
      --map FIELD=COLUMN   csv: where a field is; json: FIELD=/POINTER
      --delimiter C        csv, nannyml: in place of the comma; or tab
      --each /POINTER      json: the array of the records
)";

constexpr std::string_view kSchema =
    R"(Usage: mlmon schema event|action|receipt|config [FLAGS]

Prints the JSON Schema (2020-12) of what mlmon reads and writes. What a schema
cannot say is in its $comment.

Schemas
  event                    a line of the input
  action                   a line of the output
  receipt                  what `mlmon run --receipt` writes
  config                   mlmon.toml, with the keys of the plugins

  -c, --config FILE        TOML; else ./mlmon.toml, the user's, the system's
      --set KEY=VALUE      override one value; repeatable
      --plugin-dir DIR     where plugins are looked for first; repeatable
  -h, --help               this help
)";

constexpr std::pair<std::string_view, std::string_view> kTexts[] = {
      {"run", kRun},
      {"check", kCheck},
      {"config", kConfig},
      {"config show", kConfigShow},
      {"config init", kConfigInit},
      {"completion", kCompletion},
      {"plugin", kPlugin},
      {"plugin list", kPluginList},
      {"plugin info", kPluginInfo},
      {"plugin new", kPluginNew},
      {"plugin check", kPluginCheck},
      {"plugin test", kPluginTest},
      {"backtest", kBacktest},
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
      {"report", kReport},
      {"doctor", kDoctor},
      {"alerts", kAlerts},
      {"alerts list", kAlertsList},
      {"alerts show", kAlertsShow},
      {"alerts silence", kAlertsSilence},
      {"alerts unsilence", kAlertsUnsilence},
      {"status", kStatus},
      {"models", kModels},
      {"models list", kModelsList},
      {"models show", kModelsShow},
      {"models forget", kModelsForget},
      {"why", kWhy},
      {"state", kState},
      {"state info", kStateInfo},
      {"state compact", kStateCompact},
      {"state init", kStateInit},
      {"state copy", kStateCopy},
      {"state export", kStateExport},
      {"state import", kStateImport},
      {"outbox", kOutbox},
      {"outbox list", kOutboxList},
      {"outbox retry", kOutboxRetry},
      {"outbox drop", kOutboxDrop},
      {"emit", kEmit},
      {"emit metrics", kEmitMetrics},
      {"emit drift", kEmitDrift},
      {"import", kImport},
      {"schema", kSchema}};

}  // namespace

std::string_view help_text(std::string_view command) {
  for (const auto& [name, text] : kTexts) {
    if (command == name) return text;
  }
  return kMlmon;
}

std::vector<std::string> help_commands() {
  std::vector<std::string> names;
  for (const auto& [name, text] : kTexts) names.emplace_back(name);
  return names;
}

}  // namespace mlmon
