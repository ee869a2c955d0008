#include "cli/log.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>
#include <vector>

#include "tests/cli_unit/captured.h"

using namespace mlmon;

namespace {

/// A log that writes to a file.
struct Logged {
  explicit Logged(LogFormat format = LogFormat::kText, LogLevel least = LogLevel::kWarn)
      : terminal(file.fd()), log(terminal, format, least) {}

  CapturedFile file;
  Terminal terminal;
  Log log;
};

}  // namespace

TEST_CASE("as text a message has its level and origin before it") {
  Logged logged;
  logged.log.log(LogLevel::kWarn, "retraining", "it is late");
  logged.log.log(LogLevel::kError, "", "broken");
  CHECK(logged.file.take() == "warning: retraining: it is late\nerror: broken\n");
}

TEST_CASE("as JSON a message is one object a line") {
  Logged logged(LogFormat::kJson);
  logged.log.log(LogLevel::kWarn, "a\"b", "line 1\nline 2\x1b\xff");
  const std::string text = logged.file.take();
  CHECK(text.find('\n') == text.size() - 1);
  const auto message = nlohmann::json::parse(text);
  CHECK(message.size() == 4);
  CHECK(message["level"] == "warning");
  CHECK(message["origin"] == "a\"b");
  CHECK(message["message"] == "line 1\\nline 2\\x1b\\xff");
  CHECK_THAT(message["time"].get<std::string>(),
             Catch::Matches("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]{1,3})?Z"));
}

TEST_CASE("JSON keeps text that is UTF-8 as it is") {
  Logged logged(LogFormat::kJson);
  logged.log.log(LogLevel::kError, "", "é ❗\n");
  CHECK(nlohmann::json::parse(logged.file.take())["message"] == "é ❗\n");
}

TEST_CASE("the verbosity says which levels are shown") {
  CHECK(least_level(-1) == LogLevel::kError);
  CHECK(least_level(0) == LogLevel::kWarn);
  CHECK(least_level(1) == LogLevel::kDebug);
  CHECK(least_level(7) == LogLevel::kDebug);
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::vector<LogLevel> levels = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn,
                                          LogLevel::kError};
    for (std::size_t least = 0; least < levels.size(); ++least) {
      Logged logged(format, levels[least]);
      for (const LogLevel level : levels) {
        CHECK(logged.log.shows(level) == (level >= levels[least]));
        logged.log.log(level, "", "x");
        logged.log.say(level, "", "y");
      }
      const std::string text = logged.file.take();
      CHECK(std::count(text.begin(), text.end(), '\n') ==
            static_cast<long>(2 * (levels.size() - least)));
    }
  }
}

TEST_CASE("text of others cannot begin a line or control the terminal") {
  Logged logged;
  logged.log.log(LogLevel::kWarn, "a\nb", "x\nerror: \x1b[2Jy\r");
  logged.log.say(LogLevel::kWarn, "", "f\n:1: \x1b");
  CHECK(logged.file.take() == "warning: a\\nb: x\\nerror: \\x1b[2Jy\\x0d\nf\\n:1: \\x1b\n");
}

TEST_CASE("what is told is shown as it stands, even when all else is quiet") {
  Logged logged(LogFormat::kText, LogLevel::kError);
  logged.log.tell("❗ Low F1\nModel x\x1b[31m\n");
  logged.log.tell("no newline");
  CHECK(logged.file.take() == "❗ Low F1\nModel x\\x1b[31m\nno newline\n");
  logged.log.tell("a\n\nb\n");
  CHECK(logged.file.take() == "a\n\nb\n");
}

TEST_CASE("texts that are told together are each shown as if told alone") {
  const std::vector<std::string> texts = {"a\nb", "", "c\n"};
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    Logged together(format), alone(format);
    CHECK(together.log.tell_all(texts));
    for (const std::string& text : texts) alone.log.tell(text);
    const auto without_time = [](std::string line) {
      return std::regex_replace(line, std::regex(R"("time":"[^"]*")"), "");
    };
    CHECK(without_time(together.file.take()) == without_time(alone.file.take()));
  }
}

TEST_CASE("with JSON what is told is a message too") {
  Logged logged(LogFormat::kJson, LogLevel::kError);
  logged.log.tell("❗ Low F1\nModel x\n");
  const auto message = nlohmann::json::parse(logged.file.take());
  CHECK(message["level"] == "info");
  CHECK(message["message"] == "❗ Low F1\nModel x");
}

TEST_CASE("what has a form of its own stands alone as text and is a message as JSON") {
  Logged text, json(LogFormat::kJson);
  text.log.say(LogLevel::kWarn, "input", "-:2: invalid_json: x");
  CHECK(text.file.take() == "-:2: invalid_json: x\n");
  json.log.say(LogLevel::kWarn, "input", "-:2: invalid_json: x");
  const auto message = nlohmann::json::parse(json.file.take());
  CHECK(message["level"] == "warning");
  CHECK(message["origin"] == "input");
  CHECK(message["message"] == "-:2: invalid_json: x");
}

TEST_CASE("line() gives what log() writes") {
  Logged logged;
  CHECK(logged.log.line(LogLevel::kError, "o", "t") == "error: o: t\n");
  CHECK(logged.file.take().empty());
}

TEST_CASE("on a terminal the level has a colour, if that is wanted") {
  setenv("TERM", "xterm", 1);
  for (const bool no_color : {false, true}) {
    no_color ? setenv("NO_COLOR", "1", 1) : unsetenv("NO_COLOR");
    CapturedTerminal screen;
    Terminal terminal(screen.fd());
    Log(terminal, LogFormat::kText, LogLevel::kWarn).log(LogLevel::kError, "", "x");
    CHECK(screen.take() == (no_color ? "error: x\n" : "\x1b[31merror:\x1b[0m x\n"));
    Log(terminal, LogFormat::kJson, LogLevel::kWarn).log(LogLevel::kError, "", "x");
    CHECK(screen.take().find('\x1b') == std::string::npos);
  }
}

TEST_CASE("messages of several threads stay whole") {
  Logged logged(LogFormat::kJson);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        logged.log.log(LogLevel::kWarn, "o", std::string(100, 'x'));
        logged.log.tell("t");
        logged.log.line(LogLevel::kWarn, "o", "l");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(logged.file.take());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (!nlohmann::json::accept(line)) FAIL(line);
  }
  CHECK(count == 800);
}
