#include "cli/help.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>

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
  for (const std::string command : {"", "run", "check", "plugin", "plugin list", "plugin info",
                                    "plugin check", "plugin new", "emit", "emit metrics", "emit drift"}) {
    INFO(command);
    const auto lines = lines_of(help_text(command));
    CHECK(lines.size() <= (command == "run" ? 40u : 24u));
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
