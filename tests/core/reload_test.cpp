#include "core/run/reload.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

using Observers = std::vector<TestObserver>;

TestObserver plain(const std::string& name, const std::string& config = "{}") {
  return {"well_behaved", config, 2048, false, {"*"}, {}, name};
}

/// Counts the events of each model, and keeps how many there were.
TestObserver keeps(const std::string& name, int version = 1, std::vector<std::string> models = {"*"}) {
  return {good_plugin("keeps_" + std::to_string(version)), "{}", 2048, false, std::move(models), {}, name};
}

TestObserver types(const std::string& also = "") {
  return {good_plugin("types"), "{\"also\":\"" + also + "\"}", 2048, false, {"*"}, {}, "types"};
}

TestObserver fields(const std::string& pointer) {
  return {good_plugin("fields"), "{\"pointer\":\"" + pointer + "\"}", 2048, false, {"*"}, {}, "fields"};
}

/// Lets a run go on with other observers: asked for when `after` lines were written, or before it begins.
struct Reload {
  Reload(TestRun& run, Observers wanted, std::uint64_t after = 0) {
    run.on_engine = [this, &run, wanted, after](Engine& engine) {
      auto to_come = std::make_shared<std::vector<AssembledObserver>>(run.assembled(wanted));
      Pipeline& pipeline = engine.pipeline();
      pipeline.on_reload = [this, &engine, to_come] {
        plan = engine.plan(*to_come);
        return plan.any();
      };
      pipeline.swap = [this, &engine, to_come]() -> Result<void> {
        for (const PipelineObserver& one : engine.observers()) {
          hosts.insert(one.host.get());
          seen = one.host->counts().observed;
        }
        Result<Engine::Swapped> done = engine.swap(*to_come, plan);
        if (!done) return done.error();
        swapped = *done;
        for (const PipelineObserver& one : engine.observers()) kept += hosts.count(one.host.get());
        return {};
      };
      if (after == 0) return pipeline.ask_reload();
      run.output.on_write = [&run, &pipeline, after, asked = false]() mutable {
        const auto written = std::count(run.output.lines.begin(), run.output.lines.end(), '\n');
        if (!asked && static_cast<std::uint64_t>(written) + 1 >= after) pipeline.ask_reload(), asked = true;
      };
    };
  }

  ReloadPlan plan;
  std::optional<Engine::Swapped> swapped;
  std::set<const ObserverHost*> hosts;  // before
  std::size_t kept = 0;                 // of these
  std::uint64_t seen = 0;               // events before it, of the last observer
};

/// The first `count` lines.
std::string first_lines(const std::string& text, std::uint64_t count) {
  std::size_t end = 0;
  for (; count > 0; --count) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

const std::string kEvents = event_lines(20'000, 10, 7);

/// What one run up to the place, and another one behind it, give.
std::vector<std::string> in_two_runs(const TemporaryFolder& folder, const std::string& path, std::uint64_t place,
                                     const Observers& before, const Observers& after) {
  const std::string state = folder.path("two");
  std::filesystem::create_directory(state);
  folder.write("events", first_lines(kEvents, place));
  std::vector<std::string> lines;
  for (const bool second : {false, true}) {
    if (second) folder.write("events", kEvents);
    TestRun run({path}, state);
    run.observers = second ? after : before;
    run.run();
    REQUIRE(run.error.empty());
    const auto more = run.lines();
    lines.insert(lines.end(), more.begin(), more.end());
  }
  return lines;
}

}  // namespace

TEST_CASE("what a run decides after a swap is what a next run with the new observers would") {
  const Observers before = {plain("a"), keeps("b"), keeps("c")};
  // `a` takes longer for nothing, `b` has another class version, `c` is gone and `d` is new.
  const Observers after = {keeps("b", 2), plain("a", "{\"number\":1}"), keeps("d")};
  const std::uint64_t asked_after = GENERATE(1u, 3'000u);
  const TemporaryFolder folder;
  const std::string path = folder.write("events", kEvents);
  std::filesystem::create_directory(folder.path("one"));
  TestRun run({path}, folder.path("one"));
  run.observers = before;
  Reload reload(run, after, asked_after);
  run.run();
  REQUIRE(run.error.empty());
  REQUIRE(reload.swapped);
  REQUIRE(reload.swapped->ok());
  CHECK(reload.plan.added == std::vector<std::string>{"d"});
  CHECK(reload.plan.changed == std::vector<std::string>{"b", "a"});
  CHECK(reload.plan.removed == std::vector<std::string>{"c"});
  CHECK(reload.kept == 0);
  REQUIRE(reload.seen > 0);
  REQUIRE(reload.seen < 20'000);
  CHECK(run.lines() == in_two_runs(folder, path, reload.seen, before, after));
  // b, a, d, and c, which is gone.
  REQUIRE(run.receipt.observers.size() == 4);
  CHECK(run.observer(3).observer == "c");
  CHECK(run.contradictions({20'000, 20'000, 20'000 - reload.seen, reload.seen}).empty());
}

TEST_CASE("an observer that is configured as before goes on, the same instance, at any number of reloads") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", kEvents)});
  run.observers = {plain("a"), keeps("b")};
  Reload reload(run, {plain("new"), plain("a"), keeps("b")}, 2'000);
  run.run();
  CHECK(run.error.empty());
  REQUIRE(reload.swapped);
  CHECK(reload.kept == 2);
  CHECK(reload.plan.changed.empty());
  CHECK(run.contradictions({20'000 - reload.seen, 20'000, 20'000}).empty());
}

TEST_CASE("where nothing differs nothing is drained") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", kEvents)});
  run.observers = {plain("a"), keeps("b")};
  Reload reload(run, run.observers);
  run.run();
  CHECK_FALSE(reload.plan.any());
  CHECK_FALSE(reload.swapped);
  CHECK(run.contradictions().empty());
}

TEST_CASE("without state an observer that changes has what it kept, too") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", kEvents)});
  run.observers = {keeps("b", 1)};
  Reload reload(run, {keeps("b", 2)}, 5'000);
  run.run();
  REQUIRE(reload.swapped);
  REQUIRE(run.lines().size() == 20'000);
  const auto last = nlohmann::json::parse(run.lines().back());
  CHECK(last.at("count") == 20'000 / 7 + 1);  // of the model that has the last event
}

TEST_CASE("an observer that comes back has its state, and begins at the newest place") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", kEvents)});
  run.observers = {plain("a"), keeps("b")};
  run.options.checkpoints.after = run.options.checkpoints.most_pending = 100;  // the input outlasts many
  std::vector<std::vector<AssembledObserver>> lists;
  std::vector<std::uint64_t> places;
  run.on_engine = [&](Engine& engine) {
    lists = {run.assembled({plain("a")}), run.assembled({plain("a"), keeps("b")})};
    Pipeline& pipeline = engine.pipeline();
    pipeline.on_reload = [] { return true; };
    pipeline.swap = [&]() -> Result<void> {
      places.push_back(engine.observers().front().host->counts().observed);
      const auto& next = lists[places.size() - 1];
      const auto done = engine.swap(next, engine.plan(next));
      return done && done->ok() ? Result<void>() : Error{"not swapped"};
    };
    run.output.on_write = [&, asked = std::size_t{0}]() mutable {
      if (asked < 2 && asked == places.size()) ++asked, pipeline.ask_reload();
    };
  };
  run.run();
  REQUIRE(run.error.empty());
  REQUIRE(places.size() == 2);
  const std::uint64_t missed = places[1] - places[0];
  CHECK(missed > 0);
  REQUIRE(run.receipt.observers.size() == 2);
  CHECK(run.contradictions({20'000, 20'000 - missed}).empty());
  std::uint64_t most = 0;
  for (const std::string& line : run.lines()) {
    const auto action = nlohmann::json::parse(line);
    if (action.at("observer") == "b") most = std::max(most, action.at("count").get<std::uint64_t>());
  }
  CHECK(most > (20'000 - missed) / 7);
}

TEST_CASE("types of events that somebody asks for from then on are no bad lines, also if they were read before") {
  std::string text;
  for (int n = 0; n < 20'000; ++n) {
    text += event_line(static_cast<std::uint64_t>(n), 0.25);
    text += R"({"type":"probe","model":{"name":"m","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"},"at":")" +
            format_rfc3339(Instant{1'769'904'000 + n, 0}) + "\"}\n";
  }
  const TemporaryFolder folder;
  const bool comes = GENERATE(true, false);
  const std::size_t threads = GENERATE(1u, 3u);
  TestRun run({folder.write("a", text)});
  run.intake.threads = threads;
  run.observers = {plain("a"), types(comes ? "" : "probe")};
  Reload reload(run, {plain("a"), types(comes ? "probe" : "")}, 500);
  run.run();
  REQUIRE(reload.swapped);
  CHECK(reload.kept == 1);
  std::uint64_t probes = 0;
  for (const std::string& line : run.lines()) probes += line.find("\"probe\"") != std::string::npos;
  const std::uint64_t bad = run.receipt.bad();
  CHECK(probes > 0);
  CHECK(bad > 0);
  CHECK(probes + bad == 20'000);
  CHECK(run.receipt.events() == 20'000 + probes);
}

TEST_CASE("members of events that somebody asks for from then on are found, and those of others go on to be") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(20'000, 10, 1, ",\"x\":1,\"y\":2"))});
  TestObserver y = fields("/y");
  y.name = "y";
  run.observers = {fields("/x")};
  Reload reload(run, {y, fields("/x")}, 500);
  run.run();
  REQUIRE(reload.swapped);
  std::uint64_t of_x = 0, of_y = 0;
  for (const std::string& line : run.lines()) {
    const auto action = nlohmann::json::parse(line);
    const bool is_x = action.at("observer") == "fields";
    (is_x ? of_x : of_y) += action.value("integer", 0) == (is_x ? 1 : 2);
  }
  CHECK(of_x == 20'000);
  CHECK(of_y == 20'000 - reload.seen);
}

TEST_CASE("a configuration that a plugin refuses changes nothing") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", kEvents)});
  run.observers = {plain("a"), keeps("b")};
  TestObserver refused = plain("c");
  refused.plugin = "create_fails";
  Reload reload(run, {plain("a", "{\"number\":1}"), refused}, 1'000);
  run.run();
  REQUIRE(reload.swapped);
  CHECK_FALSE(reload.swapped->ok());
  CHECK(reload.kept == 2);
  CHECK(run.contradictions().empty());
  CHECK(run.lines().size() == 22'000);
}

TEST_CASE("a class that cannot read what another one kept is refused") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", kEvents)});
  run.observers = {keeps("b", 2)};
  Reload reload(run, {plain("b")}, 1'000);
  run.run();
  REQUIRE(reload.swapped);
  REQUIRE(reload.swapped->failures.size() == 1);
  CHECK(reload.swapped->failures[0].find("was kept by class test.keeps") != std::string::npos);
  CHECK(run.contradictions().empty());
}

TEST_CASE("with files an observer that was stopped stays so until the next run, which goes on at its own place") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", kEvents);
  std::filesystem::create_directory(folder.path("state"));
  TestObserver failing = plain("b");
  failing.plugin = "fails_at";
  failing.config = R"({"number":100})";
  {
    TestRun run({path}, folder.path("state"));
    TestObserver slow = plain("a", "{\"number\":1}");
    slow.capacity = 64;  // so that the input lasts longer than a checkpoint
    run.observers = {failing, slow};
    Reload reload(run, {keeps("b"), plain("a")}, 200);
    run.run();
    REQUIRE(reload.swapped);
    REQUIRE(reload.plan.restart.size() == 1);
    CHECK(reload.plan.restart[0].find("observers.b") != std::string::npos);
    CHECK(reload.plan.changed == std::vector<std::string>{"a"});
    CHECK(run.contradictions().empty());
    CHECK_FALSE(run.observer(0).failure.empty());
  }
}

TEST_CASE("with --from-start an observer that changes does not forget again what it has kept since") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", kEvents);
  std::filesystem::create_directory(folder.path("state"));
  for (const bool again : {false, true}) {
    TestRun run({path}, folder.path("state"));
    run.observers = {keeps("b")};
    run.options.from_start = again;
    std::optional<Reload> reload;
    if (again) {
      reload.emplace(run, Observers{keeps("b", 2)}, ~std::uint64_t{0});
      // Its actions are known, so that none is written.
      run.on_engine = [&run, asks = run.on_engine, commits = 0](Engine& engine) mutable {
        asks(engine);
        run.store->on_commit = [&engine, &commits] {
          if (++commits == 3) engine.pipeline().ask_reload();
        };
      };
    }
    run.run();
    CHECK(run.error.empty());
    CHECK(run.receipt.actions.already_known == (again ? 20'000 : 0));
    if (!again) continue;
    REQUIRE(reload->swapped);
    CHECK(reload->seen > 0);
    CHECK(reload->seen < 20'000);
  }
}
