#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "cli/command.h"
#include "cli/conformance/conformance.h"
#include "cli/exit_code.h"
#include "cli/setup.h"
#include "cli/standard_streams.h"
#include "cli/text_table.h"
#include "core/config/config.h"
#include "core/config/toml_reader.h"

namespace mlmon {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostChecks = 1'000;
constexpr const char* kResults[] = {"ok", "warning", "failed", "skipped", "not tried"};

const char* result_of(const Verdict& verdict) {
  return kResults[static_cast<std::size_t>(verdict.result)];
}

int list_checks(bool json) {
  TextTable table({"<check", "<proves that"});
  std::string lines;
  for (const Check& check : all_checks()) {
    table.add({check.name, check.proves});
    lines += Json{{"check", check.name}, {"proves", check.proves}}.dump() + "\n";
  }
  return write_stdout(json ? lines : table.text("check", kMostChecks)) ? kExitDone : kExitFailed;
}

bool tell_errors(const std::vector<ConfigError>& errors, Log& log) {
  for (const ConfigError& error : errors) log.say(LogLevel::kError, "config", error.to_string());
  return errors.empty();
}

/// The observer of the configuration that runs this file; null: none does.
const ObserverConfig* observer_of(const Config& config, const std::string& path,
                                  const PluginFolders& folders) {
  for (const ObserverConfig& observer : config.observers) {
    const Result<std::string> its = find_plugin(observer.plugin, folders);
    std::error_code failed;
    if (its && fs::equivalent(*its, path, failed)) return &observer;
  }
  return nullptr;
}

/// The keys that the user gives to the plugin: those of the first observer in the file that runs
/// it, and those of --set. False: something is wrong, which has been told.
bool configure(const PluginCheckOptions& options, ConformanceRequest& request, Log& log) {
  const SystemEnvironment environment;
  const PluginFolders folders = plugin_folders_of(options.plugin_dirs);
  std::string name = fs::path(request.path).stem().string();
  if (options.config) {
    const ConfigLoad loaded = load_config({options.config, false, {}}, environment);
    if (!tell_errors(loaded.errors, log)) return false;
    const ObserverConfig* found = observer_of(*loaded.config, request.path, folders);
    if (found == nullptr) {
      log.log(LogLevel::kError, "",
              fmt::format("{}: no observer runs {}", *options.config, request.path));
      return false;
    }
    name = found->name;
  }
  ConfigSources sources{options.config, false, {}};
  const std::string table = append_key("observers", name);
  for (const std::string& set : options.sets) sources.sets.push_back(table + "." + set);
  const ConfigLoad loaded = load_config(sources, environment);
  if (!tell_errors(loaded.errors, log)) return false;
  for (const ObserverConfig& observer : loaded.config->observers) {
    if (observer.name == name) request.own = observer.own;
  }
  request.configured = options.config.has_value() || !options.sets.empty();
  return true;
}

/// The lines of the file, which must be events that the plugin might get.
Result<void> read_events(const std::string& path, ConformanceRequest& request) {
  std::ifstream file(path);
  if (!file) return Error{path + ": cannot be read"};
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(" \t") != line.npos) request.lines.push_back(line);
  }
  if (request.lines.empty()) return Error{path + ": expected events, one a line, got none"};
  const Result<void> valid = check_lines(request);
  return valid ? valid : valid.error().in(path);
}

/// Prints findings as they come, and counts them.
class CheckReport {
 public:
  explicit CheckReport(bool json) : json_(json) {
    for (const Check& check : all_checks())
      width_ = std::max(width_, std::string(check.name).size());
  }

  void add(const Finding& finding) {
    ++counts_[static_cast<std::size_t>(finding.verdict.result)];
    told_ &= write_stdout(json_ ? json_line(finding) : text_line(finding));
  }

  /// The exit code.
  int end() {
    const std::size_t all = std::accumulate(std::begin(counts_), std::end(counts_), std::size_t{0});
    if (!json_) {
      std::string line = fmt::format("\n{} check{}", all, all == 1 ? "" : "s");
      for (std::size_t i = 0; i < std::size(counts_); ++i) {
        if (counts_[i] > 0)
          line += fmt::format("{}{} {}", line.find(':') == line.npos ? ": " : ", ", counts_[i],
                              kResults[i]);
      }
      told_ &= write_stdout(line + "\n");
    }
    return told_ && counts_[static_cast<std::size_t>(Verdict::Result::kFailed)] == 0 ? kExitDone
                                                                                     : kExitFailed;
  }

 private:
  static std::string json_line(const Finding& finding) {
    Json json = {{"check", finding.check}};
    if (!finding.class_id.empty()) json["class"] = finding.class_id;
    json["result"] = result_of(finding.verdict);
    json["detail"] = finding.verdict.detail;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  std::string text_line(const Finding& finding) {
    std::string lines;
    if (finding.class_id != class_id_) lines = "\n" + printable(finding.class_id) + "\n";
    class_id_ = finding.class_id;
    std::string line = fmt::format("{:<{}}  {:<9}  {}", finding.check, width_,
                                   result_of(finding.verdict), printable(finding.verdict.detail));
    line.erase(line.find_last_not_of(' ') + 1);
    return lines + line + "\n";
  }

  const bool json_;
  std::size_t width_ = 0;
  std::string class_id_;
  std::size_t counts_[std::size(kResults)] = {};
  bool told_ = true;
};

}  // namespace

int plugin_check_command(const PluginCheckOptions& options) {
  if (options.list) return list_checks(options.json);
  Terminal terminal(2);
  Log log(terminal, LogFormat::kText, LogLevel::kWarn);
  const Result<std::string> path =
      find_plugin(options.plugin, plugin_folders_of(options.plugin_dirs));
  if (!path) {
    log.log(LogLevel::kError, "", path.error().text);
    return kExitUsage;
  }
  ConformanceRequest request;
  request.path = fs::absolute(*path).lexically_normal().string();
  request.deliver = options.deliver;
  request.only = options.only;
  request.limit_ns = options.timeout_ns;
  if (!configure(options, request, log)) return kExitUsage;
  if (const Result<void> valid = check_own_keys(request); request.configured && !valid) {
    log.log(LogLevel::kError, "", valid.error().text);
    return kExitUsage;
  }
  if (options.events) {
    const Result<void> events = read_events(*options.events, request);
    if (!events) {
      log.log(LogLevel::kError, "", events.error().text);
      return kExitUsage;
    }
  }
  CheckReport report(options.json);
  check_conformance(request, [&](const Finding& finding) { report.add(finding); });
  return report.end();
}

}  // namespace mlmon
