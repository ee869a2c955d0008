#include "cli/bad_line_report.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli_unit/captured.h"

using namespace mlmon;

namespace {

struct Reported {
  explicit Reported(LogFormat format = LogFormat::kText, LogLevel least = LogLevel::kWarn,
                    Quarantine* quarantine = nullptr)
      : terminal(file.fd()), log(terminal, format, least), report(log, quarantine) {}

  /// Lines of one source as the intake would report them.
  void meet(BadReason reason, int times) {
    for (int i = 0; i < times; ++i) {
      ++source.bad;
      ++source.bad_reasons[static_cast<std::size_t>(reason)];
      if (report.wants(reason)) report.report("s", source.bad, 0, {reason, "d"}, "raw");
    }
  }

  std::string finish() {
    report.finish({source});
    return file.take();
  }

  CapturedFile file;
  Terminal terminal;
  Log log;
  BadLineReport report;
  SourceCount source;
};

}  // namespace

TEST_CASE("a bad line is told with its place, reason and detail") {
  Reported reported;
  reported.report.report("a\nb", 17, 3,
                         {BadReason::kOutOfRange, "f1: expected a number in [0, 1], got 1.5"}, "");
  CHECK(reported.file.take() ==
        "a\\nb:17: out_of_range: f1: expected a number in [0, 1], got 1.5\n");
}

TEST_CASE("ten of each reason are told, the others counted") {
  Reported reported;
  reported.meet(BadReason::kInvalidJson, 11);
  reported.meet(BadReason::kInvalidUtf8, 10);
  reported.meet(BadReason::kTruncated, 1'234);
  const std::string text = reported.finish();
  CHECK(std::count(text.begin(), text.end(), '\n') == 32);
  CHECK_THAT(text, Catch::EndsWith("s:31: truncated: d\n"
                                   "… and 1 more line: invalid_json\n"
                                   "… and 1224 more lines: truncated\n"));
}

TEST_CASE("nothing is told of a run without bad lines") {
  Reported reported;
  CHECK(reported.finish().empty());
}

TEST_CASE("the work of finding out is saved once ten are told") {
  Reported reported;
  CHECK(reported.report.wants(BadReason::kInvalidJson));
  reported.meet(BadReason::kInvalidJson, 10);
  CHECK_FALSE(reported.report.wants(BadReason::kInvalidJson));
  CHECK(reported.report.wants(BadReason::kInvalidUtf8));
}

TEST_CASE("in JSON each is a warning") {
  Reported reported(LogFormat::kJson);
  reported.meet(BadReason::kInvalidJson, 12);
  std::istringstream lines(reported.finish());
  std::string last;
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto message = nlohmann::json::parse(line);
    CHECK(message["level"] == "warning");
    last = message["message"];
  }
  CHECK(count == 11);
  CHECK(last == "… and 2 more lines: invalid_json");
}

TEST_CASE("quiet says nothing and wants nothing") {
  Reported reported(LogFormat::kText, LogLevel::kError);
  CHECK_FALSE(reported.report.wants(BadReason::kInvalidJson));
  reported.meet(BadReason::kInvalidJson, 12);
  CHECK(reported.finish().empty());
}

TEST_CASE("a quarantine gets all of them, also when it is quiet") {
  char name[] = "/tmp/mlmon-report-XXXXXX";
  const int fd = mkstemp(name);
  REQUIRE(fd >= 0);
  auto quarantine = Quarantine::open(name);
  REQUIRE(quarantine);
  unlink(name);
  for (const LogLevel least : {LogLevel::kWarn, LogLevel::kError}) {
    Reported reported(LogFormat::kText, least, &*quarantine);
    reported.meet(BadReason::kInvalidJson, 25);
    const std::string text = reported.finish();
    CHECK(std::count(text.begin(), text.end(), '\n') == (least == LogLevel::kWarn ? 11 : 0));
  }
  std::string written(100'000, '\0');
  written.resize(static_cast<std::size_t>(read(fd, written.data(), written.size())));
  CHECK(std::count(written.begin(), written.end(), '\n') == 50);
  close(fd);
}

TEST_CASE("a quarantine that is full wants no more") {
  auto full = Quarantine::open("/dev/full");
  REQUIRE(full);
  Reported reported(LogFormat::kText, LogLevel::kWarn, &*full);
  reported.meet(BadReason::kInvalidJson, 2'000);
  reported.finish();
  CHECK(full->error());
  CHECK_FALSE(reported.report.wants(BadReason::kInvalidJson));
}
