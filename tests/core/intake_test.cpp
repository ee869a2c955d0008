#include "core/run/intake.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "core/wakeup.h"
#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

/// Takes everything, as the pipeline would if nothing held it up.
struct Taken {
  explicit Taken(IntakeOptions options) {
    Wakeup wakeup = std::move(*Wakeup::open());
    Intake intake(std::move(options), models, bad_lines, [&] { wakeup.wake(); });
    while (!intake.ended()) {
      while (intake.advance()) {
        while (auto batch = intake.take()) batches.push_back(batch);
      }
      if (auto batch = intake.take()) batches.push_back(batch);
    }
    sources = intake.counts();
    consumed = intake.consumed();
    total = intake.total();
    for (const Error& error : intake.errors()) errors.push_back(error.text);
  }

  ModelTable models;
  BadLineList bad_lines;
  std::vector<std::shared_ptr<const Batch>> batches;
  std::vector<SourceCount> sources;
  std::vector<std::string> errors;
  std::uint64_t consumed = 0, total = 0;
};

IntakeOptions reading(std::vector<std::string> paths, std::size_t threads = 2) {
  IntakeOptions options;
  options.paths = std::move(paths);
  options.threads = threads;
  return options;
}

}  // namespace

TEST_CASE("files are read one after the other, lines counted in each, events over all") {
  const TemporaryFolder folder;
  const std::string a = event_lines(5000, 7) + "bad\n\n", b = event_lines(3000, 7);
  const Taken taken(reading({folder.write("a", a), folder.write("b", b)}));
  CHECK(taken.errors.empty());
  REQUIRE(taken.sources.size() == 2);
  CHECK(taken.sources[0].lines == 5002);
  CHECK(taken.sources[0].events == 5000);
  CHECK(taken.sources[0].bad == 1);
  CHECK(taken.sources[0].empty == 1);
  CHECK(taken.sources[0].bad_reasons[static_cast<std::size_t>(BadReason::kInvalidJson)] == 1);
  CHECK(taken.sources[0].to_offset == a.size());
  CHECK(taken.sources[1].events == 3000);
  CHECK(taken.sources[1].to_offset == b.size());
  CHECK(taken.consumed == a.size() + b.size());
  CHECK(taken.total == a.size() + b.size());

  std::uint64_t seq = 0, line = 0;
  std::size_t source = 0;
  for (const auto& batch : taken.batches) {
    if (batch->source_index != source) line = 0;
    source = batch->source_index;
    CHECK(batch->first_seq == (seq + 1) * Batch::kSeqStep);
    seq += batch->rows();
    for (const std::uint64_t number : batch->line) {
      if (number <= line) FAIL("line " << number << " after " << line);
      line = number;
    }
    CHECK(*batch->source == taken.sources[source].source);
  }
  CHECK(seq == 8000);
}

TEST_CASE("what cannot be opened is an error, and the other files are read") {
  const TemporaryFolder folder;
  const Taken taken(
      reading({folder.path("none"), folder.write("a", event_lines(5, 2)), folder.path("no")}));
  CHECK(taken.errors.size() == 2);
  REQUIRE(taken.sources.size() == 1);
  CHECK(taken.sources[0].events == 5);
}

TEST_CASE("bad lines are told in order, with place and bytes") {
  const TemporaryFolder folder;
  const std::string good = event_line(1, 0.5);
  const Taken taken(
      reading({folder.write("a", good + "no\n" + good + "\xff\n"), folder.write("b", "[]\n")}));
  REQUIRE(taken.bad_lines.lines.size() == 3);
  const auto& lines = taken.bad_lines.lines;
  CHECK(lines[0].line == 2);
  CHECK(lines[0].offset == good.size());
  CHECK(lines[0].raw == "no");
  CHECK(lines[1].reason == "invalid_utf8");
  CHECK(lines[1].raw == "\xff");
  CHECK(lines[2].source == folder.path("b"));
  CHECK(lines[2].line == 1);
}

TEST_CASE("stopping at a bad line forgets errors and sources behind it, however far it has read") {
  const TemporaryFolder folder;
  IntakeOptions options =
      reading({folder.path("before"), folder.write("a", event_lines(1000, 2) + "bad\nbad\n"),
               folder.path("behind"), folder.write("b", event_lines(500, 2))});
  options.stop_at_bad = true;
  ModelTable models;
  BadLineList bad_lines;
  Intake intake(std::move(options), models, bad_lines, [] {});
  while (intake.advance()) {
  }
  REQUIRE(intake.sources().size() == 2);
  std::uint64_t events = 0;
  while (!intake.ended()) {
    if (const auto batch = intake.take()) events += batch->rows();
  }
  CHECK(events == 1000);
  REQUIRE(intake.errors().size() == 1);
  CHECK(intake.errors()[0].text.find("before") != std::string::npos);
  REQUIRE(intake.sources().size() == 1);
  CHECK(intake.counts()[0].lines == 1001);
  CHECK(intake.counts()[0].bad == 1);
  CHECK(bad_lines.lines.size() == 1);
}

TEST_CASE("a line that came alone keeps little memory") {
  const TemporaryFolder folder;
  const std::string path = folder.path("pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] {
    std::ofstream pipe(path, std::ios::binary);
    for (std::uint64_t n = 0; n < 200; ++n) {
      pipe << event_line(n, 0.5) << std::flush;
      std::this_thread::yield();
    }
  });
  const Taken taken(reading({path}));
  writer.join();
  std::size_t held = 0;
  for (const auto& batch : taken.batches) held += batch->block.buffer.capacity();
  CHECK(taken.sources[0].events == 200);
  CHECK(held < 200 * 300 + taken.batches.size() * 64 + 64 * 1024);
}

TEST_CASE("after stop() no more is read, and what was read can be taken") {
  const TemporaryFolder folder;
  ModelTable models;
  BadLineList bad_lines;
  Intake intake(reading({folder.write("a", event_lines(20'000, 2))}), models, bad_lines, [] {});
  while (intake.advance()) {
  }
  intake.stop();
  CHECK_FALSE(intake.advance());
  CHECK_FALSE(intake.ended());
  std::uint64_t events = 0;
  while (!intake.ended()) {
    if (const auto batch = intake.take()) events += batch->rows();
  }
  CHECK(events == intake.counts()[0].events);
  CHECK(events > 0);
  CHECK(events < 20'000);
}
