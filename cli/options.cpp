#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <functional>
#include <utility>

#include "cli/exit_code.h"
#include "cli/help.h"
#include "core/quantity.h"
#include "core/result.h"
#include "core/suggest.h"
#include "core/wording.h"

namespace mlmon {
namespace {

constexpr std::uint32_t kMostThreads = 256;

/// What somebody typed, as it stands in a message.
std::string typed(std::string_view word) { return in_quotes(printable(word)); }

Error expected(const std::string& what, const std::string& found) {
  return {"expected " + what + ", got " + typed(found)};
}

bool looks_like_flag(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-';
}

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

/// The flags of one command. `names` are as "-c,--config". What is read goes to the given places.
class Flags {
 public:
  using Reader = std::function<Result<void>(const std::string&)>;

  Flags() {
    app_.set_help_flag();
    app_.allow_extras();
    on("-h,--help", help_);
  }

  void on(const std::string& names, bool& into) {
    CLI::Option* option = add(app_.add_flag(names)->disable_flag_override());
    switches_.push_back({option, [&into](std::size_t times) { into = times > 0; }});
  }

  void count(const std::string& names, int& into) {
    CLI::Option* option = add(app_.add_flag(names)->disable_flag_override());
    switches_.push_back({option, [&into](std::size_t times) { into = static_cast<int>(times); }});
  }

  void value(const std::string& names, Reader reader) {
    CLI::Option* option = add(app_.add_option(names)->allow_extra_args(false));
    values_.push_back({option, std::move(reader)});
  }

  /// `into`: a string, or an optional one.
  template <class T>
  void text(const std::string& names, T& into) {
    value(names,
          [&into](const std::string& text) -> Result<void> { return into = text, Result<void>(); });
  }

  void texts(const std::string& names, std::vector<std::string>& into) {
    value(names, [&into](const std::string& text) -> Result<void> {
      into.push_back(text);
      return {};
    });
  }

  void duration(const std::string& names, std::int64_t& into) {
    value(names, [&into](const std::string& text) -> Result<void> {
      const auto ns = parse_duration_ns(text);
      if (!ns) return expected("a duration like 500ms, 30s, 5m or 2h", text);
      into = *ns;
      return {};
    });
  }

  template <class T>
  void choice(const std::string& names, T& into, std::vector<std::pair<std::string, T>> choices) {
    value(names, [&into, choices = std::move(choices)](const std::string& text) -> Result<void> {
      std::vector<std::string> words;
      for (const auto& [word, meaning] : choices) {
        if (text == word) return into = meaning, Result<void>();
        words.push_back(word);
      }
      return Error{expected(one_of(words), text).text + did_you_mean(text, words)};
    });
  }

  /// Reads the arguments and returns those that are no flags.
  Result<std::vector<std::string>> parse(const std::vector<std::string>& arguments);

  /// Help was asked for; then parse() has not complained of what it could read.
  bool help() const { return help_; }

 private:
  CLI::Option* add(CLI::Option* option) {
    return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  Error unknown(const std::string& flag) const;
  Error mismatch(const std::vector<std::string>& arguments) const;
  Result<void> store();

  CLI::App app_;
  std::vector<std::pair<CLI::Option*, std::function<void(std::size_t)>>> switches_;
  std::vector<std::pair<CLI::Option*, Reader>> values_;
  bool help_ = false;
};

Result<std::vector<std::string>> Flags::parse(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    // CLI11 would take the next argument for the value.
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      return Error{argument.substr(0, argument.size() - 1) + ": expected a value"};
    }
  }
  try {
    app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ArgumentMismatch&) {
    return mismatch(arguments);
  } catch (const CLI::Error& error) {
    return Error{printable(error.what())};
  }
  for (const auto& [option, take] : switches_) take(option->count());
  if (help_) return std::vector<std::string>();
  std::vector<std::string> rest;
  bool flags_ended = false;
  for (const std::string& argument : app_.remaining()) {
    if (!flags_ended && looks_like_flag(argument)) {
      if (argument != "--") return unknown(argument);
      flags_ended = true;
    } else {
      rest.push_back(argument);
    }
  }
  if (const auto stored = store(); !stored) return stored.error();
  return rest;
}

Result<void> Flags::store() {
  for (const auto& [option, read] : values_) {
    for (const std::string& text : option->results()) {
      if (const auto result = read(text); !result) return result.error().in(option->get_name());
    }
  }
  return {};
}

Error Flags::unknown(const std::string& flag) const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  const std::string name = flag.substr(0, flag.find('='));
  return {"unknown flag " + typed(name) + did_you_mean(name, names)};
}

/// A switch was given a value, or the last flag was not given one.
Error Flags::mismatch(const std::vector<std::string>& arguments) const {
  for (const std::string& argument : arguments) {
    const std::size_t end = argument.find('=');
    const std::string name = argument.substr(0, end);
    for (const auto& [option, take] : switches_) {
      if (end != std::string::npos && option->check_name(name)) return {name + ": takes no value"};
    }
  }
  return {printable(arguments.back()) + ": expected a value"};
}

Answer usage_error(const std::string& command, const std::string& text) {
  const std::string program = command.empty() ? "mlmon" : "mlmon " + command;
  return {"error: " + text + "\ntry " + program + " --help\n", kExitUsage};
}

/// `mlmon COMMAND` with the flags that were defined: the options, or the answer in their place.
template <class Options>
Invocation finish(const std::string& command, Flags& flags, Options& options,
                  const std::vector<std::string>& arguments,
                  const std::function<Result<void>(std::vector<std::string>)>& take_rest) {
  auto rest = flags.parse(arguments);
  if (!rest) return usage_error(command, rest.error().text);
  if (flags.help()) return Answer{std::string(help_text(command)), kExitDone};
  const auto taken = take_rest(std::move(*rest));
  if (!taken) return usage_error(command, taken.error().text);
  return std::move(options);
}

Result<void> take_none(const std::vector<std::string>& rest) {
  if (!rest.empty()) return Error{"unexpected argument " + typed(rest[0])};
  return {};
}

void add_configuration(Flags& flags, std::optional<std::string>& config,
                       std::vector<std::string>& sets, std::vector<std::string>& plugin_dirs) {
  flags.text("-c,--config", config);
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
  flags.text("--receipt", options.receipt);
  flags.choice<LogFormat>("--log-format", options.log_format,
                          {{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
  flags.count("-v,--verbose", options.verbosity);
}

Invocation parse_run(const std::vector<std::string>& arguments) {
  RunOptions options;
  Flags flags;
  add_configuration(flags, options.config, options.sets, options.plugin_dirs);
  flags.on("--no-state", options.no_state);
  flags.text("-o,--output", options.output);
  flags.on("--dry-run", options.dry_run);
  flags.on("--explain", options.explain);
  flags.duration("--deliver-timeout", options.deliver_timeout_ns);
  flags.choice<FailOn>("--fail-on", options.fail_on,
                       {{"none", FailOn::kNone},
                        {"alert", FailOn::kAlert},
                        {"retrain", FailOn::kRetrain},
                        {"any", FailOn::kAny}});
  flags.choice<bool>("--bad-lines", options.stop_at_bad, {{"skip", false}, {"stop", true}});
  flags.text("--quarantine", options.quarantine);
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
                  if (quiet) options.verbosity = -1;
                  return {};
                });
}

Invocation parse_check(const std::vector<std::string>& arguments) {
  CheckOptions options;
  Flags flags;
  add_configuration(flags, options.config, options.sets, options.plugin_dirs);
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

struct Command {
  std::string name;
  std::function<Invocation(const std::vector<std::string>&)> parse;
};

/// One of several commands. `within`: "" or the command that they belong to.
Invocation parse_command(const std::string& within, const std::vector<Command>& commands,
                         const std::vector<std::string>& arguments) {
  if (arguments.empty()) return Answer{std::string(help_text(within)), kExitUsage};
  const std::string& first = arguments[0];
  if (first == "-h" || first == "--help" || first == "help") return Answer{std::string(help_text(within)), kExitDone};
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (first == command.name) return command.parse({arguments.begin() + 1, arguments.end()});
    names.push_back(command.name);
  }
  if (looks_like_flag(first)) {
    return usage_error(within, "expected a command before the flag " + typed(first));
  }
  return usage_error(within, "unknown command " + typed(first) + did_you_mean(first, names));
}

Invocation parse_plugin(const std::vector<std::string>& arguments) {
  using Verb = PluginOptions::Verb;
  const auto parse_as = [](Verb verb) {
    return [verb](const std::vector<std::string>& rest) { return parse_plugin_verb(verb, rest); };
  };
  return parse_command("plugin", {{"list", parse_as(Verb::kList)}, {"info", parse_as(Verb::kInfo)}},
                       arguments);
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments[0] == "--version") {
    return Answer{"mlmon " MLMON_VERSION "\n", kExitDone};
  }
  return parse_command("", {{"run", parse_run}, {"check", parse_check}, {"plugin", parse_plugin}},
                       arguments);
}

}  // namespace mlmon
