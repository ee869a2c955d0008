#include "cli/help.h"

namespace mlmon {
namespace {

constexpr std::string_view kMlmon =
    R"(mlmon watches monitoring events of machine-learning models and decides when to
retrain and whom to alert.

Usage: mlmon COMMAND [FLAGS]

Commands
  run [FILE|DIR|-]...      read events, decide, deliver
  check                    validate configuration and plugins, change nothing
  plugin list|info         the plugins that there are, and what each can do

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
      --no-state           keep nothing between runs
Actions
  -o, --output FILE        where they go as NDJSON (default -: stdout)
      --dry-run            decide and print; deliver nothing, store nothing
      --explain            also print what was suppressed, and why
      --deliver-timeout D  how long to deliver after the input ended (30s)
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

}  // namespace

std::string_view help_text(std::string_view command) {
  if (command == "run") return kRun;
  if (command == "check") return kCheck;
  if (command == "plugin") return kPlugin;
  if (command == "plugin list") return kPluginList;
  if (command == "plugin info") return kPluginInfo;
  return kMlmon;
}

}  // namespace mlmon
