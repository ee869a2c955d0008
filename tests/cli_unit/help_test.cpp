#include "cli/help.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

#include "cli/help_page.h"
#include "cli/options.h"

using namespace mlmon;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("each help fits one screen") {
  for (const std::string& command : help_commands()) {
    INFO(command);
    const auto lines = lines_of(help_text(command));
    CHECK(lines.size() <= 40);
    for (const std::string& line : lines) {
      INFO(line);
      CHECK(line.size() <= 80);
      CHECK_FALSE((!line.empty() && line.back() == ' '));
    }
    CHECK(help_text(command).back() == '\n');
  }
}

TEST_CASE("each flag that a help names is known") {
  for (const std::string command : {"run", "check"}) {
    for (const std::string& line : lines_of(help_text(command))) {
      const std::size_t at = line.find("--");
      if (line.substr(0, 2) != "  " || at == std::string::npos || at > 6) continue;
      const std::string flag = line.substr(at, line.find_first_of(" ", at) - at);
      INFO(flag);
      const Invocation invocation = parse_command_line({command, flag, "0", "--help"});
      REQUIRE(std::holds_alternative<Answer>(invocation));
      CHECK(std::get<Answer>(invocation).exit_code == 0);
      const Invocation alone = parse_command_line({command, flag});
      if (const auto* answer = std::get_if<Answer>(&alone)) {
        CHECK_THAT(answer->text, !Catch::Contains("unknown flag"));
      }
    }
  }
}

TEST_CASE("a help is taken apart into flags, arguments and meanings") {
  const HelpPage page = HelpPage::parse(help_text("run"));
  CHECK(page.usage == "mlmon run [FLAGS] [FILE|DIR|-]...");
  REQUIRE(page.flag("-c"));
  CHECK(page.flag("-c") == page.flag("--config"));
  CHECK(page.flag("--config")->argument() == "FILE");
  CHECK(page.flag("--fail-on")->argument() == "none|alert|retrain|any");
  CHECK(page.flag("--shutdown-timeout")->argument() == "D");
  CHECK(page.flag("--shutdown-timeout")->meaning ==
        "how long to finish after Ctrl-C or SIGTERM (10s)");
  CHECK(page.flag("--follow")->argument().empty());
  CHECK_FALSE(page.flag("--nothing"));
  CHECK(HelpPage::parse(help_text("")).example.size() == 1);
}

TEST_CASE("each command that another one names has a help") {
  for (const std::string& command : help_commands()) {
    INFO(command);
    CHECK(HelpPage::parse(help_text(command)).usage.starts_with("mlmon " + command));
  }
}
