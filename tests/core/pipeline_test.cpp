#include "core/run/pipeline.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

std::string member(const std::string& line, const char* name) {
  const auto json = nlohmann::json::parse(line);
  return json.at(name).is_string() ? json.at(name).get<std::string>() : json.at(name).dump();
}

TestObserver slow(long ms, std::uint32_t capacity, bool drop_newest = false) {
  return {
      "well_behaved", "{\"number\":" + std::to_string(ms) + "}", capacity, drop_newest, {"*"}, {},
      "slow"};
}

TestObserver bad(const std::string& plugin, const std::string& config = "{}") {
  TestObserver observer;
  observer.plugin = plugin;
  observer.config = config;
  observer.name = "bad";
  return observer;
}

TestObserver acting_badly(const std::string& how) {
  return bad("acts_badly", "{\"how\":\"" + how + "\"}");
}

TestObserver good(const std::string& name = "good") {
  TestObserver observer;
  observer.name = name;
  return observer;
}

}  // namespace

TEST_CASE("a run decides, commits, writes and accounts") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(100, 10))});
  run.run();
  CHECK(run.error.empty());
  CHECK(run.contradictions().empty());
  REQUIRE(run.lines().size() == 10);
  CHECK(member(run.lines()[0], "line") == "10");
  CHECK(run.receipt.actions.decided == 10);
  CHECK(run.receipt.actions.delivered == 10);
  CHECK(run.observer(0).counts.observed == 100);
}

TEST_CASE(
    "the same file gives the same lines for any threads, capacities, checkpoints and speeds") {
  const TemporaryFolder folder;
  // Some blocks of 256 KiB, some lines that are no events, some actions that are known already.
  std::string text = event_lines(4000, 3, 7) + "nonsense\n\n" + event_lines(2000, 5, 7);
  for (int i = 0; i < 40; ++i) text += "{\"broken\":\n";
  text += event_lines(100, 1, 3);
  const std::string path = folder.write("a", text);

  const auto lines_of = [&](std::size_t threads, std::uint32_t capacity, std::uint64_t after) {
    TestRun run({path});
    run.intake.threads = threads;
    run.options.checkpoints.after = after;
    run.observers = {good(), slow(capacity < 64 ? 0 : 1, capacity), good("third")};
    run.observers[0].capacity = capacity;
    run.run();
    INFO("threads " << threads << ", capacity " << capacity << ", checkpoint_after " << after);
    CHECK(run.error.empty());
    CHECK(run.contradictions().empty());
    CHECK(run.receipt.events() == 6100);
    CHECK(run.receipt.bad() == 41);
    CHECK(run.receipt.empty() == 1);
    return run.output.lines;
  };
  const std::string expected = lines_of(1, 2048, 4096);
  CHECK(std::count(expected.begin(), expected.end(), '\n') > 4000);
  for (const std::size_t threads : {1u, 2u, 4u}) {
    for (const std::uint32_t capacity : {4u, 64u, 2048u}) {
      for (const std::uint64_t after : {1u, 7u, 256u, 4096u}) {
        CHECK(lines_of(threads, capacity, after) == expected);
      }
    }
  }
}

TEST_CASE("a pipe that is written line by line gives what the file gives") {
  const TemporaryFolder folder;
  const std::string text = event_lines(300, 4, 5);
  TestRun whole({folder.write("a", text)});
  whole.run();

  const std::string path = folder.path("a-pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::thread writer([&] {
    std::ofstream pipe(path, std::ios::binary);
    for (std::size_t at = 0; at < text.size(); at += 37) {
      pipe << text.substr(at, 37) << std::flush;
    }
  });
  TestRun piped({path});
  piped.observers = {good("well_behaved")};
  piped.run();
  writer.join();
  CHECK(piped.contradictions().empty());
  REQUIRE(piped.lines().size() == whole.lines().size());
  for (std::size_t i = 0; i < whole.lines().size(); ++i) {
    CHECK(member(piped.lines()[i], "id") == member(whole.lines()[i], "id"));
    CHECK(member(piped.lines()[i], "offset") == member(whole.lines()[i], "offset"));
  }
}

TEST_CASE("an action is written while the input stays open and idle") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a-pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  TestRun run({path});
  std::atomic<bool> written{false};
  run.output.on_write = [&] { written.store(true); };
  std::thread writer([&] {
    std::ofstream pipe(path, std::ios::binary);
    pipe << event_line(1, 0.25) << std::flush;
    while (!written.load()) std::this_thread::yield();  // hangs the test where it waits for the end
  });
  run.run();
  writer.join();
  CHECK(run.lines().size() == 1);
}

TEST_CASE("while a checkpoint is in the store the input is read and decided on") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a-pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  constexpr std::uint64_t kMoreThanIsQueued = 20'000;
  TestRun run({path});
  std::atomic<bool> committing{false}, all_read{false};
  run.store->on_commit = [&] {
    committing.store(true);
    while (!all_read.load()) std::this_thread::yield();  // hangs the test where nothing is read
  };
  std::thread writer([&] {
    std::ofstream pipe(path, std::ios::binary);
    pipe << event_line(1, 0.25) << std::flush;
    while (!committing.load()) std::this_thread::yield();
    pipe << event_lines(kMoreThanIsQueued, kMoreThanIsQueued) << std::flush;
    all_read.store(true);
  });
  run.run();
  writer.join();
  CHECK(run.contradictions() == "");
  CHECK(run.receipt.events() == kMoreThanIsQueued + 1);
  CHECK(run.lines().size() == 2);
}

TEST_CASE("stop() ends an input that would never end, and what was read is decided") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a-pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  TestRun run({path});
  std::ofstream pipe;
  std::thread stopper;
  run.on_start = [&](Pipeline& pipeline) {
    stopper = std::thread([&] {
      pipe.open(path, std::ios::binary);
      pipe << event_line(1, 0.25) << event_line(2, 0.75) << "{\"unfinished\":" << std::flush;
    });
    run.output.on_write = [&pipeline] { pipeline.stop(); };
  };
  run.run();
  stopper.join();
  CHECK(run.error.empty());
  CHECK(run.contradictions().empty());
  CHECK(run.lines().size() == 1);
  CHECK(run.receipt.lines() == 2);
}

TEST_CASE("stop() at any time leaves an account that adds up") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(20'000, 3, 5));
  for (int at = 0; at < 12; ++at) {
    TestRun run({path});
    run.intake.threads = 2;
    run.options.checkpoints.after = 50;
    run.observers = {good(), slow(0, 4), slow(1, 16, true)};
    std::thread stopper;
    run.on_start = [&](Pipeline& pipeline) {
      stopper = std::thread([&pipeline, at] {
        std::this_thread::sleep_for(std::chrono::milliseconds(at));
        pipeline.stop();
      });
    };
    run.on_end = [&] { stopper.join(); };
    run.run();
    CHECK(run.error.empty());
    CHECK(run.contradictions() == "");
    CHECK(run.receipt.events() <= 20'000);
  }
}

TEST_CASE("an output that fails in the middle fails the run, and the account adds up") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(9000, 2));
  for (const std::uint64_t from : {1u, 2u, 5u}) {
    TestRun run({path});
    run.options.checkpoints.after = 10;
    run.observers = {good(), slow(1, 64)};
    run.output.fail_from = from;
    run.run();
    CHECK(run.error == "the output is full");
    CHECK(run.contradictions() == "");
  }
}

TEST_CASE("a store that fails in the middle fails the run, and the account adds up") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(9000, 2));
  for (const std::size_t from : {1u, 2u, 5u}) {
    TestRun run({path});
    run.options.checkpoints.after = 10;
    run.observers = {good(), slow(1, 64)};
    run.store->fail_commits_from = from;
    run.run();
    CHECK(run.error == "the store is full");
    CHECK(run.contradictions() == "");
  }
}

TEST_CASE("a store that cannot tell its totals leaves an account that adds up") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(100, 2))});
  run.store->fail_totals = true;
  run.run();
  CHECK(run.error == "the store cannot be read");
  CHECK(run.contradictions() == "");
}

TEST_CASE("an observer that fails is named, and the others go on as if it were not there") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(5000, 4, 3));
  TestRun alone({path});
  alone.observers = {good()};
  alone.run();

  for (const char* at : {"0", "1", "17", "2500", "5000"}) {
    TestRun run({path});
    run.observers = {bad("fails_at", std::string("{\"number\":") + at + ",\"how\":\"text\"}"),
                     good()};
    run.observers[0].capacity = 64;
    run.options.checkpoints.after = 5;
    run.run();
    INFO("fails at " << at);
    CHECK(run.error.empty());
    CHECK(run.contradictions() == "");
    CHECK_FALSE(run.observer(0).failure.empty());
    CHECK(run.log.text().find("bad: observer stopped: ") != std::string::npos);
    CHECK(run.observer(1).failure.empty());
    CHECK(run.observer(1).counts.observed == 5000);
    std::string others;
    for (const std::string& line : run.lines()) {
      if (member(line, "observer") == "good") others += line + "\n";
    }
    CHECK(others == alone.output.lines);
  }
}

TEST_CASE("an observer that could not be started counts all of its events as dropped") {
  const TemporaryFolder folder;
  const std::string text = event_lines(300, 4, 3);
  TestRun run({folder.write("a", text)});
  run.observers = {bad("create_fails", "{\"how\":\"text\"}"), good(), bad("no_entry")};
  run.observers[0].models = {"*", "!m1"};
  run.run();
  CHECK(run.contradictions({200, 300, 300}) == "");
  CHECK(run.observer(0).counts.dropped == 200);
  CHECK(run.observer(0).failure.find("the cat is on the keyboard") != std::string::npos);
  CHECK(run.observer(0).failure.find("create_fails.so") != std::string::npos);
  CHECK(run.observer(2).counts.dropped == 300);
  CHECK(run.observer(1).counts.actions == 75);
}

TEST_CASE("each observer's account is about what it subscribed to") {
  const TemporaryFolder folder;
  const std::string drift =
      R"({"type":"drift","model":{"name":"m0","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"},)"
      R"("p_value":0.5,"detected_at":"2026-02-01T00:00:00Z"})"
      "\n";
  std::string text = event_lines(3000, 4, 3);
  for (int i = 0; i < 100; ++i) text += drift;
  TestRun run({folder.write("a", text)});
  run.observers = {good(),          good("m2"),       good("drift"),
                   good("nothing"), slow(1, 8, true), slow(1, 8, true)};
  run.observers[1].models = {"m2"};
  run.observers[2].types = {"drift"};
  run.observers[3].models = {"none"};
  run.observers[5].models = {"m1"};
  run.run();
  CHECK(run.contradictions({3100, 1000, 100, 0, 3100, 1000}) == "");
  CHECK(run.observer(1).counts.actions == 250);
  CHECK(run.observer(2).counts.actions == 0);
  CHECK(run.observer(4).counts.dropped > 0);
}

TEST_CASE("a slow observer that drops holds up nobody; one that blocks loses nothing") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(2000, 10));
  TestRun dropping({path});
  dropping.observers = {slow(2, 4, true), good()};
  dropping.run();
  CHECK(dropping.contradictions() == "");
  CHECK(dropping.observer(0).counts.dropped > 1000);
  CHECK(dropping.observer(1).counts.observed == 2000);
  CHECK(dropping.observer(1).counts.actions == 200);

  TestRun blocking({path});
  blocking.observers = {slow(1, 64), good()};
  blocking.run();
  CHECK(blocking.contradictions() == "");
  CHECK(blocking.observer(0).counts.dropped == 0);
  CHECK(blocking.observer(0).counts.actions == 200);
}

TEST_CASE(
    "decisions do not pile up while a barrier stands in the queue of a slow observer that drops") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(30'000, 1))});
  run.observers = {good(), slow(20, 64, true)};
  run.options.checkpoints.after = run.options.checkpoints.most_pending = 100;
  run.run();
  CHECK(run.contradictions() == "");
  // What lies in the fast observer's queue and one block of 256 KiB come on top.
  const std::size_t most =
      *std::max_element(run.store->commit_sizes.begin(), run.store->commit_sizes.end());
  CHECK(most < 2 * 2048 + 2 * 1500 + 100);
}

TEST_CASE("the queues of slow observers do not keep more than some MiB of long lines") {
  const TemporaryFolder folder;
  std::string text;
  for (std::uint64_t n = 0; n < 100; ++n) {
    text += event_line(n, 0.25, 1, ",\"pad\":\"" + std::string(400'000, 'x') + "\"");
  }
  TestRun run({folder.write("a", text)});
  // So slow that a machine reads ahead of it under any load.
  run.observers = {slow(100, 2048, true), good()};
  run.run();
  CHECK(run.contradictions() == "");
  // 20 of them fill 8 MiB, so that a queue of 2,048 events has to turn some away.
  CHECK(run.observer(0).counts.dropped > 10);
}

TEST_CASE("an action that is decided twice is new once") {
  const TemporaryFolder folder;
  const std::string text = event_lines(50, 5);
  for (const std::uint64_t after : {1u, 4096u}) {
    TestRun run({folder.write("a", text), folder.write("b", text)});
    run.options.checkpoints.after = after;
    run.run();
    CHECK(run.contradictions() == "");
    CHECK(run.receipt.actions.fresh == 10);
    CHECK(run.receipt.actions.already_known == 10);
    CHECK(run.lines().size() == 10);
  }
}

TEST_CASE("what a plugin says that is no decision stops it, and only it") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(100, 10));
  for (const bool explain : {false, true}) {
    for (const char* how : {"not_json", "not_an_object", "two_objects", "not_utf8", "host_member",
                            "escaped_host_member", "upper_case_type", "no_type", "suppressed_type",
                            "no_rule", "rule_not_utf8", "transition_not_utf8", "row_out_of_range",
                            "unknown_model", "in_finish", "suppresses_row_out_of_range"}) {
      TestRun run({path});
      run.explain = explain;
      run.observers = {acting_badly(how), good()};
      run.run();
      INFO(how << (explain ? " with --explain" : ""));
      CHECK(run.contradictions() == "");
      CHECK_FALSE(run.observer(0).failure.empty());
      CHECK(run.observer(0).counts.actions == 0);
      CHECK(run.observer(0).counts.suppressed == 0);
      CHECK(run.observer(1).counts.actions == 10);
      CHECK(run.lines().size() == 10);
    }
  }
}

TEST_CASE("an observer that decides while it is made is not started") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(10, 1))});
  run.observers = {bad("create_fails", "{\"how\":\"acts\"}")};
  run.run();
  CHECK(run.observer(0).failure.find("outside of on_batch") != std::string::npos);
  CHECK(run.contradictions() == "");
}

TEST_CASE("newlines between the tokens of a plugin's fields do not break the line") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(10, 10))});
  run.observers = {acting_badly("newline")};
  run.run();
  CHECK(run.observer(0).failure.empty());
  REQUIRE(run.lines().size() == 1);
  const auto action = nlohmann::json::parse(run.lines()[0]);
  CHECK(action.at("a").dump() == "[1,2]");
  CHECK(action.at("b") == "}");
}

TEST_CASE("actions stand in the order of the events, in whichever order an observer says them") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(3000, 3))});
  run.observers = {acting_badly("backwards"), good("good")};
  run.run();
  const std::vector<std::string> lines = run.lines();
  REQUIRE(lines.size() == 2000);
  for (std::size_t i = 0; i < 2000; ++i) {
    if (member(lines[i], "line") != std::to_string(3 * (i / 2 + 1))) FAIL(i);
    if (member(lines[i], "observer") != (i % 2 == 0 ? "bad" : "good")) FAIL(i);
  }
}

TEST_CASE("an exception behind the C++ wrapper stops that observer with its text") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(10, 2));
  const std::pair<const char*, const char*> cases[] = {{"exception", "thrown by on_batch"},
                                                       {"number", "no std::exception"},
                                                       {"create", "thrown by the constructor"},
                                                       {"finish", "thrown by finish"}};
  for (const auto& [how, text] : cases) {
    TestRun run({path});
    run.observers = {bad("throws", std::string("{\"how\":\"") + how + "\"}"), good()};
    run.run();
    CHECK(run.observer(0).failure.find(text) != std::string::npos);
    CHECK(run.observer(1).counts.actions == 5);
    CHECK(run.contradictions() == "");
  }
}

TEST_CASE("stopping at a bad line counts what stands before it, whatever was read behind it") {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("a", event_lines(100, 10) + "\n" + "bad\n" + event_lines(9000, 10));
  for (const std::size_t threads : {1u, 4u}) {
    TestRun run({path, folder.path("missing"), folder.write("b", event_lines(10, 1))});
    run.intake.threads = threads;
    run.intake.stop_at_bad = true;
    run.run();
    CHECK(run.contradictions() == "");
    REQUIRE(run.receipt.sources.size() == 1);
    CHECK(run.receipt.sources[0].lines == 102);
    CHECK(run.receipt.sources[0].events == 100);
    CHECK(run.receipt.sources[0].empty == 1);
    CHECK(run.receipt.sources[0].bad == 1);
    CHECK(run.lines().size() == 10);
    CHECK(run.input_errors.empty());
    REQUIRE(run.bad_lines.lines.size() == 1);
    CHECK(run.bad_lines.lines[0].line == 102);
  }
}

TEST_CASE("a bad line that the run stops at has the same number in each run, whatever stands after it") {
  const TemporaryFolder folder;
  for (const char* rest : {"bad\n{\"unfinished\":", "bad", "\nbad\n\n", "{\"unfinished\":"}) {
    const std::string path = folder.write("a", event_line(1, 0.75) + rest);
    const std::string state = folder.path(std::to_string(std::string(rest).size()));
    std::filesystem::create_directory(state);
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 3; ++i) {
      TestRun run({path}, state);
      run.intake.stop_at_bad = true;
      run.run();
      numbers.push_back(run.bad_lines.lines.empty() ? 0 : run.bad_lines.lines[0].line);
      CHECK(run.contradictions() == "");
    }
    INFO(rest);
    CHECK(numbers[1] == numbers[0]);
    CHECK(numbers[2] == numbers[0]);
  }
}

TEST_CASE("a checkpoint that is due does not wait for the next line of progress") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a-pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  constexpr int kRounds = 20;
  TestRun run({path}, folder.path(""));
  const RealClock clock;
  run.clock = &clock;
  run.options.checkpoints.every_ns = 1'000'000;
  run.options.from_start = true;  // models that begin anew are to be kept, decisions or none
  run.on_start = [](Pipeline& pipeline) { pipeline.on_progress = [](const Progress&) {}; };
  std::atomic<int> commits{0};
  run.store->on_commit = [&] { ++commits; };
  std::vector<std::chrono::steady_clock::duration> taken;
  std::thread writer([&] {
    std::ofstream pipe(path, std::ios::binary);
    for (int round = 0; round < kRounds; ++round) {
      const auto begin = std::chrono::steady_clock::now();
      const int before = commits.load();
      pipe << event_line(static_cast<std::uint64_t>(round), 0.75, kRounds) << std::flush;
      while (commits.load() == before) std::this_thread::yield();
      taken.push_back(std::chrono::steady_clock::now() - begin);
    }
  });
  run.run();
  writer.join();
  // A busy machine makes some rounds long; waiting for progress, each 100 ms, would make all of them.
  std::sort(taken.begin(), taken.end());
  REQUIRE(taken.size() == kRounds);
  CHECK(taken[kRounds / 4] < std::chrono::milliseconds(50));
}

TEST_CASE("a run without observers, events or files ends") {
  const TemporaryFolder folder;
  TestRun nobody({folder.write("a", event_lines(10, 1))});
  nobody.observers.clear();
  nobody.run();
  CHECK(nobody.receipt.events() == 10);
  CHECK(nobody.contradictions() == "");

  TestRun empty({folder.write("b", "")});
  empty.run();
  CHECK(empty.error.empty());
  TestRun none(std::vector<std::string>{});
  none.run();
  CHECK(none.error.empty());
  TestRun missing({folder.path("missing")});
  missing.run();
  CHECK(missing.input_errors.size() == 1);
}
