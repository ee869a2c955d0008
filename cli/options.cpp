#include "cli/options.h"

#include <charconv>
#include <utility>

#include "cli/plugin_project.h"
#include "cli/subcommand.h"
#include "core/text/quantity.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kMostThreads = 256;

Result<void> read_bad_limit(const std::string& text, std::optional<BadLimit>& into) {
  const auto limit = parse_bad_limit(text);
  if (!limit) return expected("a count or a percentage like 5%", text);
  into = limit;
  return {};
}

Result<void> read_threads(const std::string& text, std::uint32_t& into) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number == 0 || number > kMostThreads) {
    return expected("a number from 1 to " + std::to_string(kMostThreads), text);
  }
  into = number;
  return {};
}

void add_configuration(Flags& flags, std::optional<std::string>& config,
                       std::vector<std::string>& sets, std::vector<std::string>& plugin_dirs) {
  flags.path("-c,--config", config);
  flags.texts("--set", sets);
  flags.texts("--plugin-dir", plugin_dirs);
}

void add_reporting(Flags& flags, RunOptions& options) {
  flags.choice<ShowProgress>("--progress", options.progress,
                             {{"auto", ShowProgress::kAuto},
                              {"always", ShowProgress::kAlways},
                              {"never", ShowProgress::kNever}});
  flags.choice<SummaryFormat>("--summary", options.summary,
                              {{"auto", SummaryFormat::kAuto},
                               {"text", SummaryFormat::kText},
                               {"json", SummaryFormat::kJson},
                               {"none", SummaryFormat::kNone}});
  flags.path("--receipt", options.receipt);
  flags.path("--metrics-file", options.metrics_file);
  flags.choice<LogFormat>("--log-format", options.log_format,
                          {{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
  flags.count("-v,--verbose", options.verbosity);
}

Invocation parse_run(const std::vector<std::string>& arguments) {
  RunOptions options;
  Flags flags;
  add_configuration(flags, options.config, options.sets, options.plugin_dirs);
  flags.path("--state", options.state);
  flags.on("--no-state", options.no_state);
  flags.duration("--lock-timeout", options.lock_timeout_ns);
  flags.on("--from-start", options.from_start);
  flags.on("-f,--follow", options.follow);
  flags.path("-o,--output", options.output);
  flags.on("--dry-run", options.dry_run);
  flags.texts("--observer", options.observers);
  flags.on("--explain", options.explain);
  flags.duration("--deliver-timeout", options.deliver_timeout_ns);
  flags.choice<FailOn>("--fail-on", options.fail_on,
                       {{"none", FailOn::kNone},
                        {"alert", FailOn::kAlert},
                        {"retrain", FailOn::kRetrain},
                        {"any", FailOn::kAny}});
  flags.choice<Backlog>("--backlog", options.backlog,
                        {{"all", Backlog::kAll}, {"final", Backlog::kFinal}, {"none", Backlog::kNone}});
  flags.choice<bool>("--bad-lines", options.stop_at_bad, {{"skip", false}, {"stop", true}});
  flags.path("--quarantine", options.quarantine);
  flags.value("--max-bad",
              [&](const std::string& text) { return read_bad_limit(text, options.max_bad); });
  flags.value("--threads",
              [&](const std::string& text) { return read_threads(text, options.threads); });
  flags.duration("--shutdown-timeout", options.shutdown_timeout_ns);
  add_reporting(flags, options);
  bool quiet = false;
  flags.on("-q,--quiet", quiet);
  return finish("run", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  options.paths = std::move(rest);
                  if (options.state && options.no_state) {
                    return Error{"--state and --no-state exclude each other"};
                  }
                  if (quiet) options.verbosity = -1;
                  return {};
                });
}

Invocation parse_backtest(const std::vector<std::string>& arguments) {
  BacktestOptions options;
  Flags flags;
  flags.texts("-c,--config", options.configs);
  flags.texts("--set", options.sets);
  flags.texts("--plugin-dir", options.plugin_dirs);
  flags.value("--job-takes", [&](const std::string& text) -> Result<void> {
    const auto ns = parse_duration_ns(text);
    if (!ns || *ns == 0) return expected("a duration above zero, like 6h", text);
    options.job_takes = text;
    options.job_takes_ns = *ns;
    return {};
  });
  flags.value("--threads",
              [&](const std::string& text) { return read_threads(text, options.threads); });
  flags.on("--diff", options.diff);
  flags.on("--json", options.json);
  return finish("backtest", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (rest.empty()) return Error{"expected the FILE or DIR of recorded events, or -"};
                  options.paths = std::move(rest);
                  return {};
                });
}

Invocation parse_check(const std::vector<std::string>& arguments) {
  CheckOptions options;
  Flags flags;
  add_configuration(flags, options.config, options.sets, options.plugin_dirs);
  flags.path("--state", options.state);
  flags.text("--model", options.model);
  flags.on("--json", options.json);
  return finish("check", flags, options, arguments, take_none);
}

Invocation parse_plugin_verb(PluginOptions::Verb verb, const std::vector<std::string>& arguments) {
  PluginOptions options;
  options.verb = verb;
  Flags flags;
  flags.texts("--plugin-dir", options.plugin_dirs);
  flags.on("--json", options.json);
  if (verb == PluginOptions::Verb::kList) {
    return finish("plugin list", flags, options, arguments, take_none);
  }
  return finish("plugin info", flags, options, arguments, [&](std::vector<std::string> rest) {
    if (rest.empty()) return Result<void>(Error{"expected the NAME of a plugin, or its FILE.so"});
    options.plugin = rest[0];
    rest.erase(rest.begin());
    return take_none(rest);
  });
}

Invocation parse_plugin_new(const std::vector<std::string>& arguments) {
  PluginNewOptions options;
  std::optional<PluginLanguage> language;
  Flags flags;
  flags.choice<std::optional<PluginLanguage>>("--lang", language,
                                              {{"c", PluginLanguage::kC},
                                               {"c++", PluginLanguage::kCxx},
                                               {"rust", PluginLanguage::kRust},
                                               {"python", PluginLanguage::kPython}});
  return finish("plugin new", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (!language) return Error{"expected --lang c, c++, rust or python"};
                  if (rest.empty()) return Error{"expected the NAME of the new plugin"};
                  if (auto fits = check_project_name(rest[0]); !fits) return fits;
                  options = {*language, rest[0]};
                  rest.erase(rest.begin());
                  return take_none(rest);
                });
}

Invocation parse_plugin_test(const std::vector<std::string>& arguments) {
  PluginTestOptions options;
  Flags flags;
  flags.texts("--plugin-dir", options.plugin_dirs);
  flags.on("--update", options.update);
  flags.on("--json", options.json);
  return finish("plugin test", flags, options, arguments,
                [&](std::vector<std::string> rest) -> Result<void> {
                  if (rest.size() < 2) return Error{"expected FILE.so and the DIR of its cases"};
                  options.plugin = rest[0];
                  options.folder = rest[1];
                  return take_none({rest.begin() + 2, rest.end()});
                });
}

Invocation parse_plugin(const std::vector<std::string>& arguments) {
  using Verb = PluginOptions::Verb;
  const auto parse_as = [](Verb verb) {
    return [verb](const std::vector<std::string>& rest) { return parse_plugin_verb(verb, rest); };
  };
  return parse_command("plugin",
                       {{"list", parse_as(Verb::kList)},
                        {"info", parse_as(Verb::kInfo)},
                        {"check", parse_plugin_check},
                        {"test", parse_plugin_test},
                        {"new", parse_plugin_new}},
                       arguments);
}

}  // namespace

Invocation parse_schema(const std::vector<std::string>& arguments) {
  using Of = SchemaOptions::Of;
  static constexpr std::pair<const char*, Of> kSchemas[] = {
      {"event", Of::kEvent}, {"action", Of::kAction}, {"receipt", Of::kReceipt}, {"config", Of::kConfig}};
  std::vector<Command> commands;
  for (const auto& [name, of] : kSchemas) {
    commands.push_back({name, [of = of](const std::vector<std::string>& rest) {
                          SchemaOptions options;
                          options.of = of;
                          Flags flags;
                          add_configuration(flags, options.config, options.sets, options.plugin_dirs);
                          return finish("schema", flags, options, rest, take_none);
                        }});
  }
  return parse_command("schema", commands, arguments);
}

Invocation parse_command_line(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "--version") {
    return Answer{"mlmon " MLMON_VERSION "\n", kExitDone};
  }
  return parse_command("", {{"run", parse_run},
                            {"check", parse_check},
                            {"config", parse_config},
                            {"completion", parse_completion},
                            {"doctor", parse_doctor},
                            {"report", parse_report},
                            {"status", parse_status},
                            {"models", parse_models},
                            {"why", parse_why},
                            {"backtest", parse_backtest},
                            {"plugin", parse_plugin},
                            {"jobs", parse_jobs},
                            {"alerts", parse_alerts},
                            {"outbox", parse_outbox},
                            {"state", parse_state},
                            {"emit", parse_emit},
                            {"import", parse_import},
                            {"schema", parse_schema}},
                       arguments);
}

}  // namespace mlmon
