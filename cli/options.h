#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/bad_limit.h"
#include "cli/log.h"
#include "core/store/checkpoint.h"
#include "core/event/event.h"
#include "core/event/event_members.h"
#include "core/import/choices.h"
#include "core/import/given.h"

namespace mlmon {

enum class FailOn { kNone, kAlert, kRetrain, kAny };
enum class ShowProgress { kAuto, kAlways, kNever };
enum class SummaryFormat { kAuto, kText, kJson, kNone };

struct RunOptions {
  std::vector<std::string> paths;  // files, folders, "-"; none: as configured, else stdin
  std::optional<std::string> config;
  std::vector<std::string> sets;  // KEY=VALUE
  std::vector<std::string> plugin_dirs;
  std::optional<std::string> state;  // folder
  bool no_state = false;
  std::int64_t lock_timeout_ns = 60'000'000'000;
  bool from_start = false;
  bool follow = false;

  std::string output = "-";
  bool dry_run = false;
  bool deliver = true;                 // no flag: `plugin test` stores and delivers nothing
  std::vector<std::string> observers;  // plugins that run in place of the configured observers
  bool explain = false;
  FailOn fail_on = FailOn::kNone;
  Backlog backlog = Backlog::kAll;
  std::int64_t deliver_timeout_ns = 30'000'000'000;

  bool stop_at_bad = false;
  std::optional<std::string> quarantine;
  std::optional<BadLimit> max_bad;

  std::uint32_t threads = 0;  // 0: as many as there are cores
  std::int64_t shutdown_timeout_ns = 10'000'000'000;
  ShowProgress progress = ShowProgress::kAuto;
  SummaryFormat summary = SummaryFormat::kAuto;
  std::optional<std::string> receipt;
  std::optional<std::string> metrics_file;
  LogFormat log_format = LogFormat::kText;
  int verbosity = 0;  // -1: -q, 1 and more: -v
};

struct CheckOptions {
  std::optional<std::string> config;
  std::vector<std::string> sets;
  std::vector<std::string> plugin_dirs;
  std::optional<std::string> state;
  std::string model;  // a name: only what applies to it; empty: all
  bool json = false;
};

struct PluginOptions {
  enum class Verb { kList, kInfo };

  Verb verb = Verb::kList;
  std::string plugin;  // of info: a name, or a file
  std::vector<std::string> plugin_dirs;
  bool json = false;
};

enum class PluginLanguage { kC, kCxx, kRust, kPython };

struct PluginNewOptions {
  PluginLanguage language = PluginLanguage::kC;
  std::string name;
};

struct PluginCheckOptions {
  std::string plugin;                 // a file, or a name
  std::optional<std::string> config;  // whose observer that runs the plugin has its keys
  std::vector<std::string> sets;      // KEY=VALUE, keys of the plugin
  std::vector<std::string> plugin_dirs;
  std::optional<std::string> events;  // a file of events to try it on, in place of made-up ones
  std::vector<std::string> only;  // names of checks, or groups of them; none: all
  std::int64_t timeout_ns = 60'000'000'000;  // of each check
  bool deliver = false;                      // also to where a given configuration says
  bool list = false;                         // tell what is checked; then no plugin is named
  bool json = false;
};

struct BacktestOptions {
  std::vector<std::string> configs;  // a policy each; none: the one that `run` would use
  std::vector<std::string> sets;     // KEY=VALUE, for all of them
  std::vector<std::string> plugin_dirs;
  std::vector<std::string> paths;
  std::string job_takes;           // a duration of event time; empty: jobs never end
  std::int64_t job_takes_ns = 0;   // the same
  std::uint32_t threads = 0;       // 0: as many as there are cores
  bool diff = false;               // list what only some of them decide
  bool json = false;
};

struct PluginTestOptions {
  std::string plugin;  // a file, or a name
  std::string folder;  // of the golden cases
  std::vector<std::string> plugin_dirs;
  bool update = false;  // write what is decided as what is expected
  bool json = false;
};

/// What finds the state folder of a command.
struct StateOptions {
  std::optional<std::string> config;
  std::vector<std::string> sets;
  std::optional<std::string> state;
};

struct UpkeepOptions {
  enum class Verb { kInfo, kCompact, kInit, kCopy, kExport, kImport };

  Verb verb = Verb::kInfo;
  StateOptions place;
  std::string from, to;  // copy; import: the file, "-" for stdin
  bool json = false;
  std::int64_t keep_ns = 7 * 86'400'000'000'000;  // compact: what is younger stays
  bool dry_run = false;                           // compact
};

struct ConfigOptions {
  enum class Verb { kShow, kInit };

  Verb verb = Verb::kShow;
  StateOptions place;
  std::vector<std::string> plugin_dirs;
  std::string file = "mlmon.toml";  // of init; "-": stdout
  bool json = false;                // show
};

struct JobsOptions {
  enum class Verb { kList, kShow, kClaim, kRenew, kDone, kFail, kCancel, kRetry, kWork };

  Verb verb = Verb::kList;
  StateOptions place;
  std::string id;                     // of all but list, claim and work
  std::string status;                 // of list; empty: any
  std::string model;                  // a glob; empty: any
  bool json = false;                  // list, show
  std::optional<std::string> worker;  // none: MLMON_WORKER
  std::int64_t lease_ns = 3600'000'000'000;
  std::string note;  // what is said at the end of a job
  bool once = false;
  std::vector<std::string> command;  // of work
};

struct StatusOptions {
  /// What of all that holds is to make the exit code.
  struct FailOn {
    bool firing = false, job = false, silent = false;
  };

  StateOptions place;
  std::string model;  // a glob; empty: any
  FailOn fail_on;
  std::int64_t silent_after_ns = 24 * 3600'000'000'000;
  bool json = false;
};

struct ModelsOptions {
  enum class Verb { kList, kShow, kForget };

  Verb verb = Verb::kList;
  StateOptions place;
  std::string model;  // a glob; empty: any (list only)
  bool json = false;  // list, show
};

struct WhyOptions {
  StateOptions place;
  std::vector<std::string> plugin_dirs;
  std::string model;                    // one name
  std::optional<std::string> observer;  // only this one
  bool json = false;
};

struct DoctorOptions {
  StateOptions place;
  std::vector<std::string> plugin_dirs;
  bool online = false;  // also try whether receivers take connections
  bool json = false;
};

struct ReportOptions {
  StateOptions place;
  std::vector<std::string> plugin_dirs;
  std::string output = "mlmon-report.html";  // "-": stdout
  std::string model;                         // a glob; empty: any
  std::vector<std::string> paths;            // event files, folders; none: as configured
};

struct CompletionOptions {
  std::string shell;                // bash, zsh, fish
  std::optional<std::string> line;  // in its place: the command line to complete, for the scripts
};

struct OutboxOptions {
  enum class Verb { kList, kRetry, kDrop };

  Verb verb = Verb::kList;
  StateOptions place;
  std::vector<std::string> ids;  // of actions, each once
  bool all = false;              // in place of ids
  bool json = false;
};

struct AlertsOptions {
  enum class Verb { kList, kShow, kSilence, kUnsilence };

  Verb verb = Verb::kList;
  StateOptions place;
  std::string id;         // show: of an action; unsilence: of a silence, empty: as model and rule say
  std::string model;      // a glob; list: empty: any
  std::string rule;       // silence, unsilence: a glob; empty: any
  bool all = false;       // list: what is over as well
  bool silences = false;  // list: these in place of alerts
  std::int64_t for_ns = 0;  // silence
  std::string by, reason;   // silence
  bool json = false;
};

struct EmitOptions {
  std::uint32_t kind = kMetrics;  // or kDrift
  std::vector<std::pair<MemberPath, std::string>> values;
  std::optional<std::string> config;  // whose [input] says what a version may be
  std::vector<std::string> sets;
};

struct ImportOptions {
  std::string format;
  std::vector<std::string> paths;  // or "-"; at least one
  ImportGiven given;
  bool at_mtime = false;  // the time of each file's change is that of its events
  ImportChoices choices;
  std::optional<std::string> config;  // whose [input] says what a version may be
  std::vector<std::string> sets;
};

struct SchemaOptions {
  enum class Of { kEvent, kAction, kReceipt, kConfig };

  Of of = Of::kEvent;
  std::optional<std::string> config;  // whose [input] says what events may be
  std::vector<std::string> sets;
  std::vector<std::string> plugin_dirs;  // of plugins whose keys belong to the configuration's
};

/// A command line that is answered with text only: help, the version, or what is wrong with it.
struct Answer {
  std::string text;   // whole lines
  int exit_code = 0;  // 0: the text belongs on stdout, else on stderr
};

/// What a command line asks for.
using Invocation = std::variant<Answer,
                                RunOptions,
                                CheckOptions,
                                PluginOptions,
                                PluginNewOptions,
                                PluginCheckOptions,
                                PluginTestOptions,
                                BacktestOptions,
                                JobsOptions,
                                OutboxOptions,
                                AlertsOptions,
                                EmitOptions,
                                ConfigOptions,
                                StatusOptions,
                                ModelsOptions,
                                WhyOptions,
                                CompletionOptions,
                                DoctorOptions,
                                ReportOptions,
                                ImportOptions,
                                SchemaOptions,
                                UpkeepOptions>;

/// Reads the arguments, the program's name left out. Does nothing else: no file is touched. `-` is
/// an argument like any other, behind `--` all are; of a flag that stands twice the last counts,
/// unless it is one to be repeated.
Invocation parse_command_line(const std::vector<std::string>& arguments);

}  // namespace mlmon
