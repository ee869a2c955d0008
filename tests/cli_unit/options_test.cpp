#include "cli/options.h"

#include <catch2/catch.hpp>

using namespace mlmon;
using Words = std::vector<std::string>;

namespace {

template <class Options>
Options read(const Words& arguments) {
  const Invocation invocation = parse_command_line(arguments);
  if (const auto* answer = std::get_if<Answer>(&invocation)) FAIL(answer->text);
  return std::get<Options>(invocation);
}

RunOptions run(Words arguments) {
  arguments.insert(arguments.begin(), "run");
  return read<RunOptions>(arguments);
}

Answer answer(const Words& arguments) {
  const Invocation invocation = parse_command_line(arguments);
  REQUIRE(std::holds_alternative<Answer>(invocation));
  return std::get<Answer>(invocation);
}

/// The message about a command line that cannot be used, its hint checked.
std::string complaint(const Words& arguments, const std::string& command) {
  const Answer given = answer(arguments);
  CHECK(given.exit_code == 2);
  const std::string hint = "\ntry mlmon" + (command.empty() ? "" : " " + command) + " --help\n";
  CHECK_THAT(given.text, Catch::StartsWith("error: ") && Catch::EndsWith(hint));
  return given.text.substr(7, given.text.size() - hint.size() - 7);
}

std::string run_complaint(Words arguments) {
  arguments.insert(arguments.begin(), "run");
  return complaint(arguments, "run");
}

}  // namespace

TEST_CASE("without flags a run has the defaults of the contract") {
  const RunOptions options = run({});
  CHECK(options.paths.empty());
  CHECK(!options.config);
  CHECK(!options.no_state);
  CHECK(options.output == "-");
  CHECK(options.fail_on == FailOn::kNone);
  CHECK(options.deliver_timeout_ns == 30'000'000'000);
  CHECK(options.shutdown_timeout_ns == 10'000'000'000);
  CHECK(!options.stop_at_bad);
  CHECK(!options.max_bad);
  CHECK(options.threads == 0);
  CHECK(options.progress == ShowProgress::kAuto);
  CHECK(options.summary == SummaryFormat::kAuto);
  CHECK(options.log_format == LogFormat::kText);
  CHECK(options.verbosity == 0);
}

TEST_CASE("all flags of a run are read, wherever they stand") {
  const RunOptions options = run({"a",
                                  "-c",
                                  "m.toml",
                                  "--set",
                                  "x.y=1",
                                  "b",
                                  "--set=z=[2]",
                                  "--plugin-dir",
                                  "p",
                                  "--plugin-dir=q",
                                  "--no-state",
                                  "-oout",
                                  "--dry-run",
                                  "--explain",
                                  "--bad-lines",
                                  "stop",
                                  "--quarantine",
                                  "bad",
                                  "--max-bad=5%",
                                  "--fail-on",
                                  "any",
                                  "--deliver-timeout",
                                  "500ms",
                                  "--shutdown-timeout",
                                  "0s",
                                  "--threads",
                                  "3",
                                  "--progress",
                                  "never",
                                  "--summary",
                                  "json",
                                  "--receipt",
                                  "r",
                                  "--log-format",
                                  "json",
                                  "-vv",
                                  "-"});
  CHECK(options.paths == Words{"a", "b", "-"});
  CHECK(options.config == "m.toml");
  CHECK(options.sets == Words{"x.y=1", "z=[2]"});
  CHECK(options.plugin_dirs == Words{"p", "q"});
  CHECK(options.no_state);
  CHECK(options.output == "out");
  CHECK(options.dry_run);
  CHECK(options.explain);
  CHECK(options.stop_at_bad);
  CHECK(options.quarantine == "bad");
  REQUIRE(options.max_bad);
  CHECK(options.max_bad->percent);
  CHECK(options.max_bad->limit == 5);
  CHECK(options.fail_on == FailOn::kAny);
  CHECK(options.deliver_timeout_ns == 500'000'000);
  CHECK(options.shutdown_timeout_ns == 0);
  CHECK(options.threads == 3);
  CHECK(options.progress == ShowProgress::kNever);
  CHECK(options.summary == SummaryFormat::kJson);
  CHECK(options.receipt == "r");
  CHECK(options.log_format == LogFormat::kJson);
  CHECK(options.verbosity == 2);
}

TEST_CASE("a value is taken as it stands") {
  for (const std::string value :
       {"{}", "[a,b]", "-x", "--explain", "a b", "++", "%d", "\xff"}) {
    const RunOptions options = run({"--set", value, "-o", value, "--quarantine", value});
    CHECK(options.sets == Words{value});
    CHECK(options.output == value);
    CHECK(options.quarantine == value);
    CHECK(!options.explain);
  }
  CHECK(run({"--set", ""}).sets == Words{""});
  CHECK(run({"--set", "a=[1,2]", "[a,b]", "{}", "++", "--", "--set"}).paths ==
        Words{"[a,b]", "{}", "++", "--set"});
}

TEST_CASE("commands and behind two dashes everything are paths") {
  CHECK(run({"run", "check", "plugin"}).paths == Words{"run", "check", "plugin"});
  const RunOptions options = run({"--explain", "--", "-v", "--no-state", "-", "x"});
  CHECK(options.paths == Words{"-v", "--no-state", "-", "x"});
  CHECK(options.explain);
  CHECK(!options.no_state);
  CHECK(options.verbosity == 0);
}

TEST_CASE("of a flag that stands twice the last counts") {
  const RunOptions options =
      run({"-o", "a", "--output", "b", "--fail-on", "any", "--fail-on", "none", "--threads", "1",
           "--threads=2", "--no-state", "--no-state"});
  CHECK(options.output == "b");
  CHECK(options.fail_on == FailOn::kNone);
  CHECK(options.threads == 2);
  CHECK(options.no_state);
}

TEST_CASE("quiet is quiet") {
  CHECK(run({"-q"}).verbosity == -1);
  CHECK(run({"-q", "-v"}).verbosity == -1);
  CHECK(run({"-v", "-v", "--verbose"}).verbosity == 3);
}

TEST_CASE("a bad value is named with what was expected") {
  CHECK(run_complaint({"--max-bad", "x"}) ==
        "--max-bad: expected a count or a percentage like 5%, got \"x\"");
  CHECK(run_complaint({"--fail-on", "x"}) ==
        "--fail-on: expected none, alert, retrain or any, got \"x\"");
  CHECK(run_complaint({"--fail-on", "retrian"}) ==
        "--fail-on: expected none, alert, retrain or any, got \"retrian\" (did you mean "
        "\"retrain\"?)");
  CHECK(run_complaint({"--deliver-timeout", "fast"}) ==
        "--deliver-timeout: expected a duration like 500ms, 30s, 5m or 2h, got \"fast\"");
  for (const std::string threads :
       {"0", "-1", "257", "x", "", "1.5", "99999999999", "+1", " 1", "1 "}) {
    CHECK(run_complaint({"--threads", threads}) ==
          "--threads: expected a number from 1 to 256, got \"" + threads + "\"");
  }
  CHECK(run({"--threads", "256"}).threads == 256);
  CHECK_THAT(run_complaint({"-o", "a", "--summary", "a\x1b[31m\n"}),
             Catch::EndsWith(R"(got "a\\x1b[31m\\n")"));
}

TEST_CASE("a value that is missing is never taken from the next argument") {
  CHECK(run_complaint({"-c"}) == "-c: expected a value");
  CHECK(run_complaint({"x", "--max-bad"}) == "--max-bad: expected a value");
  CHECK(run_complaint({"--quarantine=", "events.ndjson"}) == "--quarantine: expected a value");
  CHECK(run_complaint({"--no-state=", "events.ndjson"}) == "--no-state: expected a value");
}

TEST_CASE("a switch takes no value") {
  CHECK(run_complaint({"--no-state=false", "x"}) == "--no-state: takes no value");
  CHECK(run_complaint({"--set", "a=b", "--explain=x"}) == "--explain: takes no value");
  CHECK(run_complaint({"--verbose=3", "x"}) == "--verbose: takes no value");
}

TEST_CASE("what is unknown is named, with what may have been meant") {
  CHECK(complaint({"rnu"}, "") == "unknown command \"rnu\" (did you mean \"run\"?)");
  CHECK(complaint({"plugins"}, "") == "unknown command \"plugins\" (did you mean \"plugin\"?)");
  CHECK(complaint({"-"}, "") == "unknown command \"-\"");
  CHECK(complaint({""}, "") == "unknown command \"\"");
  CHECK(complaint({"plugin", "lits"}, "plugin") ==
        "unknown command \"lits\" (did you mean \"list\"?)");
  CHECK(run_complaint({"--sumary", "text"}) ==
        "unknown flag \"--sumary\" (did you mean \"--summary\"?)");
  CHECK(run_complaint({"--fail-no=any"}) ==
        "unknown flag \"--fail-no\" (did you mean \"--fail-on\"?)");
  CHECK(run_complaint({"-C", "x"}) == "unknown flag \"-C\" (did you mean \"-c\"?)");
  CHECK(run_complaint({"--nonsense"}) == "unknown flag \"--nonsense\"");
  for (const std::string flag : {"-1", "-x", "---", "--=", "-vx", "-5%"}) {
    CHECK_THAT(run_complaint({flag, "file"}),
               Catch::StartsWith("unknown flag \"-") || Catch::EndsWith("expected a value"));
  }
  CHECK(complaint({"--no-state", "run"}, "") ==
        "expected a command before the flag \"--no-state\"");
  CHECK(complaint({"check", "x"}, "check") == "unexpected argument \"x\"");
  CHECK(complaint({"check", "--", "-x"}, "check") == "unexpected argument \"-x\"");
}

TEST_CASE("check and plugin have flags of their own") {
  const auto check =
      read<CheckOptions>({"check", "-c", "f", "--set", "a=1", "--json", "--plugin-dir", "d"});
  CHECK(check.config == "f");
  CHECK(check.sets == Words{"a=1"});
  CHECK(check.plugin_dirs == Words{"d"});
  CHECK(check.json);
  CHECK(complaint({"check", "--explain"}, "check") == "unknown flag \"--explain\"");

  const auto list = read<PluginOptions>({"plugin", "list", "--json"});
  CHECK(list.verb == PluginOptions::Verb::kList);
  CHECK(list.json);
  const auto info = read<PluginOptions>({"plugin", "info", "alert", "--plugin-dir", "d"});
  CHECK(info.verb == PluginOptions::Verb::kInfo);
  CHECK(info.plugin == "alert");
  CHECK(info.plugin_dirs == Words{"d"});
  CHECK(!info.json);
  CHECK(complaint({"plugin", "info"}, "plugin info") ==
        "expected the NAME of a plugin, or its FILE.so");
  CHECK(complaint({"plugin", "info", "a", "b"}, "plugin info") == "unexpected argument \"b\"");
  CHECK(complaint({"plugin", "list", "a"}, "plugin list") == "unexpected argument \"a\"");
}

TEST_CASE("plugin new takes a language and a name that a file and a class can have") {
  const auto made = read<PluginNewOptions>({"plugin", "new", "low_f1-2", "--lang", "c++"});
  CHECK(made.language == PluginLanguage::kCxx);
  CHECK(made.name == "low_f1-2");
  CHECK(complaint({"plugin", "new", "a"}, "plugin new") == "expected --lang c, c++, rust or python");
  CHECK(complaint({"plugin", "new", "--lang", "c"}, "plugin new") ==
        "expected the NAME of the new plugin");
  CHECK(complaint({"plugin", "new", "--lang", "ruts", "a"}, "plugin new") ==
        "--lang: expected c, c++, rust or python, got \"ruts\" (did you mean \"rust\"?)");
  CHECK_THAT(complaint({"plugin", "new", "--lang", "c", "Low"}, "plugin new"),
             Catch::Contains("begins with a letter") && Catch::EndsWith("got \"Low\""));
  CHECK(complaint({"plugin", "new", "--lang", "c", "a", "b"}, "plugin new") ==
        "unexpected argument \"b\"");
}

TEST_CASE("help and version are answered on stdout, no command at all on stderr") {
  CHECK_THAT(answer({"--version"}).text, Catch::Matches("mlmon [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  CHECK(answer({"--version"}).exit_code == 0);
  for (const Words& command : std::vector<Words>{
           {}, {"run"}, {"check"}, {"plugin"}, {"plugin", "list"}, {"plugin", "info"}, {"plugin", "new"}}) {
    for (const std::string flag : {"--help", "-h"}) {
      Words arguments = command;
      arguments.push_back(flag);
      CHECK(answer(arguments).exit_code == 0);
      CHECK_THAT(answer(arguments).text, Catch::Contains("Usage: mlmon"));
    }
  }
  CHECK(answer({"run", "--threads", "x", "--nonsense", "--help"}).exit_code == 0);
  CHECK(answer({}).exit_code == 2);
  CHECK(answer({}).text == answer({"--help"}).text);
  CHECK(answer({"plugin"}).exit_code == 2);
  CHECK(run({"--set", "--help"}).sets == Words{"--help"});
}
