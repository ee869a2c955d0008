#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/bad_limit.h"
#include "cli/log.h"

namespace mlmon {

enum class FailOn { kNone, kAlert, kRetrain, kAny };
enum class ShowProgress { kAuto, kAlways, kNever };
enum class SummaryFormat { kAuto, kText, kJson, kNone };

struct RunOptions {
  std::vector<std::string> paths;  // files, folders, "-"; none: as configured, else stdin
  std::optional<std::string> config;
  std::vector<std::string> sets;  // KEY=VALUE
  std::vector<std::string> plugin_dirs;
  bool no_state = false;

  std::string output = "-";
  bool dry_run = false;
  bool explain = false;
  FailOn fail_on = FailOn::kNone;
  std::int64_t deliver_timeout_ns = 30'000'000'000;

  bool stop_at_bad = false;
  std::optional<std::string> quarantine;
  std::optional<BadLimit> max_bad;

  std::uint32_t threads = 0;  // 0: as many as there are cores
  std::int64_t shutdown_timeout_ns = 10'000'000'000;
  ShowProgress progress = ShowProgress::kAuto;
  SummaryFormat summary = SummaryFormat::kAuto;
  std::optional<std::string> receipt;
  LogFormat log_format = LogFormat::kText;
  int verbosity = 0;  // -1: -q, 1 and more: -v
};

struct CheckOptions {
  std::optional<std::string> config;
  std::vector<std::string> sets;
  std::vector<std::string> plugin_dirs;
  bool json = false;
};

struct PluginOptions {
  enum class Verb { kList, kInfo };

  Verb verb = Verb::kList;
  std::string plugin;  // of info: a name, or a file
  std::vector<std::string> plugin_dirs;
  bool json = false;
};

/// A command line that is answered with text only: help, the version, or what is wrong with it.
struct Answer {
  std::string text;   // whole lines
  int exit_code = 0;  // 0: the text belongs on stdout, else on stderr
};

/// What a command line asks for.
using Invocation = std::variant<Answer, RunOptions, CheckOptions, PluginOptions>;

/// Reads the arguments, the program's name left out. Does nothing else: no file is touched. `-` is
/// an argument like any other, behind `--` all are; of a flag that stands twice the last counts,
/// unless it is one to be repeated.
Invocation parse_command_line(const std::vector<std::string>& arguments);

}  // namespace mlmon
