#include "cli/terminal.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/cli_unit/captured.h"

using namespace mlmon;

namespace {

class KeptOutput final : public Output {
 public:
  explicit KeptOutput(CapturedTerminal& where) : where_(where) {}
  Result<void> write(std::string_view lines) override {
    write_all(where_.fd(), lines);
    return {};
  }

 private:
  CapturedTerminal& where_;
};

}  // namespace

TEST_CASE("a file is no terminal, has no colours and is 80 columns wide") {
  CapturedFile file;
  Terminal terminal(file.fd());
  CHECK_FALSE(terminal.is_terminal());
  CHECK_FALSE(terminal.wants_color());
  CHECK(terminal.width() == 80);
  terminal.write("one\ntwo\n");
  CHECK(file.take() == "one\ntwo\n");
}

TEST_CASE("colours are wanted as the environment says") {
  CapturedTerminal screen;
  const auto wanted = [&](const char* term, const char* no_color) {
    term ? setenv("TERM", term, 1) : unsetenv("TERM");
    no_color ? setenv("NO_COLOR", no_color, 1) : unsetenv("NO_COLOR");
    return Terminal(screen.fd()).wants_color();
  };
  CHECK(wanted("xterm", nullptr));
  CHECK(wanted("xterm", ""));
  CHECK_FALSE(wanted("xterm", "1"));
  CHECK_FALSE(wanted("xterm", "0"));
  CHECK_FALSE(wanted("dumb", nullptr));
  CHECK_FALSE(wanted(nullptr, nullptr));
}

TEST_CASE("the width is that of the terminal") {
  CapturedTerminal screen(123);
  CHECK(Terminal(screen.fd()).width() == 123);
  CapturedTerminal unknown(0);
  CHECK(Terminal(unknown.fd()).width() == 80);
}

TEST_CASE("lines go before the status line, which stands again after them") {
  CapturedTerminal screen;
  std::string seen;
  {
    Terminal terminal(screen.fd());
    terminal.show_status("12% done");
    CHECK(as_seen(seen += screen.take()) == "12% done");
    terminal.write("warning: x\n");
    CHECK(as_seen(seen += screen.take()) == "warning: x\n12% done");
    terminal.show_status("100%");
    CHECK(as_seen(seen += screen.take()) == "warning: x\n100%");
    terminal.show_status("é…✓ done");
    terminal.show_status("13%");
    CHECK(as_seen(seen += screen.take()) == "warning: x\n13%");
  }
  CHECK(as_seen(seen += screen.take()) == "warning: x\n");
}

TEST_CASE("without a status line nothing but the lines is written") {
  CapturedTerminal screen;
  {
    Terminal terminal(screen.fd());
    terminal.show_status("");
    terminal.write("a\n");
  }
  CHECK(screen.take() == "a\n");
}

TEST_CASE("output to the same terminal does not run into the status line") {
  CapturedTerminal screen;
  Terminal terminal(screen.fd());
  KeptOutput output(screen);
  OutputAside aside(output, terminal);
  terminal.show_status("12% of 4.6 GB");
  REQUIRE(aside.write("{}\n"));
  CHECK(as_seen(screen.take()) == "{}\n12% of 4.6 GB");
}

TEST_CASE("lines of several threads stay whole") {
  CapturedFile file;
  Terminal terminal(file.fd());
  std::vector<std::thread> threads;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    threads.emplace_back([&, letter] {
      for (int i = 0; i < 200; ++i) terminal.write(std::string(50, letter) + "\n");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = file.take();
  REQUIRE(text.size() == 4 * 200 * 51);
  for (std::size_t at = 0; at < text.size(); at += 51) {
    if (text.substr(at, 50) != std::string(50, text[at]) || text[at + 50] != '\n') FAIL(at);
  }
}

TEST_CASE("text of others is made printable and cut by characters") {
  CHECK(printable("plain") == "plain");
  CHECK(printable("a\nb\x1b[31m\xff\x7f") == "a\\nb\\x1b[31m\\xff\\x7f");
  CHECK(printable("naïve", 5) == "naïve");
  CHECK(printable("naïve", 4) == "naï…");
  CHECK(printable("naïve", 1) == "…");
  CHECK(printable("", 1).empty());
  CHECK(columns("naï…") == 4);
  CHECK(columns("") == 0);
}
