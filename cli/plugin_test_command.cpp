#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/file_writer.h"
#include "cli/golden_case.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "core/config/config_environment.h"
#include "core/plugin/plugin_path.h"
#include "core/text/wording.h"

namespace mlmon {
namespace {

using Json = nlohmann::ordered_json;

/// What became of one case.
struct CaseVerdict {
  std::size_t ways = 0;     // in which it was read, up to the one that failed
  std::size_t actions = 0;  // that are expected
  std::string failure;      // empty: as expected in all of them
};

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) +
         (!text.empty() && text.back() != '\n' ? 1 : 0);
}

/// The configuration of a case must run the plugin that is tested.
Result<void> check_names_plugin(const GoldenCase& golden, const std::string& plugin,
                                const PluginFolders& folders) {
  if (golden.config.empty()) return {};
  const ConfigLoad loaded = load_config({golden.config, false, {}}, SystemEnvironment());
  if (!loaded.config) return Error{loaded.errors.front().to_string()};
  for (const ObserverConfig& observer : loaded.config->observers) {
    const Result<std::string> path = find_plugin(observer.plugin, folders);
    std::error_code ignored;
    if (path && std::filesystem::equivalent(*path, plugin, ignored)) return {};
  }
  return Error{golden.config + ": no observer in it runs " + plugin};
}

/// The first line in which they differ, or nothing.
std::string first_difference(const std::vector<std::string>& expected, const std::vector<std::string>& got) {
  for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    const std::string want = i < expected.size() ? expected[i] : "no more actions";
    const std::string have = i < got.size() ? got[i] : "no more actions";
    if (want != have) {
      return fmt::format("action {}\n    expected {}\n    got      {}", i + 1, printable(want), printable(have));
    }
  }
  return "";
}

std::string what_went_wrong(const GoldenRun& run) {
  const std::string told = run.told.substr(0, run.told.find('\n'));
  return fmt::format("the run ended with exit code {}{}", run.code, told.empty() ? "" : ": " + printable(told));
}

CaseVerdict judge(const GoldenCase& golden, const std::string& plugin) {
  CaseVerdict verdict;
  const std::optional<std::string> events = read_file(golden.events);
  const std::optional<std::string> wanted = read_file(golden.actions);
  if (!events || !wanted) {
    verdict.failure = (events ? golden.actions : golden.events) + " cannot be read (--update writes the actions)";
    return verdict;
  }
  const std::vector<std::string> expected = without_places(*wanted);
  verdict.actions = expected.size();
  for (const WayOfReading& way : ways_of_reading(lines_in(*events))) {
    ++verdict.ways;
    const Result<GoldenRun> run = run_golden_case(golden, plugin, way);
    if (!run) {
      verdict.failure = run.error().text;
    } else if (run->code != kExitDone) {
      verdict.failure = way.name + ": " + what_went_wrong(*run);
    } else if (const std::string found = first_difference(expected, without_places(run->actions)); !found.empty()) {
      verdict.failure = way.name + ": " + found;
    }
    if (!verdict.failure.empty()) break;
  }
  return verdict;
}

CaseVerdict update(const GoldenCase& golden, const std::string& plugin) {
  CaseVerdict verdict;
  verdict.ways = 1;
  const Result<GoldenRun> run = run_golden_case(golden, plugin, {"in one go", 1, {}, {}});
  if (!run) {
    verdict.failure = run.error().text;
  } else if (run->code != kExitDone) {
    verdict.failure = what_went_wrong(*run);
  } else if (const auto written = write_atomically(golden.actions, run->actions); !written) {
    verdict.failure = written.error().text;
  } else {
    verdict.actions = lines_in(run->actions);
  }
  return verdict;
}

int refuse(Log& log, const Error& error) {
  log.log(LogLevel::kError, "", error.text);
  return kExitUsage;
}

}  // namespace

int plugin_test_command(const PluginTestOptions& options) {
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const PluginFolders folders = plugin_folders_of(options.plugin_dirs);
  const Result<std::string> plugin = find_plugin(options.plugin, folders);
  if (!plugin) return refuse(log, plugin.error());
  const auto cases = find_golden_cases(options.folder);
  if (!cases) return refuse(log, cases.error());
  for (const GoldenCase& golden : *cases) {
    if (const auto names = check_names_plugin(golden, *plugin, folders); !names) return refuse(log, names.error());
  }

  std::string text, lines;
  std::size_t failed = 0;
  for (const GoldenCase& golden : *cases) {
    const CaseVerdict verdict = options.update ? update(golden, *plugin) : judge(golden, *plugin);
    const char* const outcome = !verdict.failure.empty() ? "FAILED" : options.update ? "written" : "ok";
    failed += verdict.failure.empty() ? 0 : 1;
    text += fmt::format("{}: {}, {} actions", printable(golden.name), outcome, verdict.actions);
    if (!options.update) text += fmt::format(", read in {} ways", verdict.ways);
    text += verdict.failure.empty() ? "\n" : "\n  " + verdict.failure + "\n";
    const Json json = {{"case", golden.name}, {"outcome", verdict.failure.empty() ? outcome : "failed"},
                       {"actions", verdict.actions}, {"ways", verdict.ways}, {"failure", verdict.failure}};
    lines += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  text += fmt::format("{} {}, {} failed\n", cases->size(), cases->size() == 1 ? "case" : "cases", failed);
  if (!write_stdout(options.json ? lines : text)) return kExitFailed;
  return failed > 0 ? kExitFailed : kExitDone;
}

}  // namespace mlmon
