// Derived events: from the observer that emits them to those behind it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

TestObserver good(const std::string& plugin, const std::string& name,
                  const std::string& config = R"({"breaks_at":-1})") {
  TestObserver observer;
  observer.plugin = good_plugin(plugin);
  observer.config = config;
  observer.name = name;
  return observer;
}

/// An emitter, one who hears it, and one who hears both.
std::vector<TestObserver> chain() {
  return {good("emits", "e"), good("hears", "h", "{}"), good("hears", "h2", "{}")};
}

/// "OBSERVER RULE TYPE F1-OR-WAS" of each action.
Texts told(const TestRun& run) {
  Texts result;
  for (const std::string& line : run.lines()) {
    const Json action = Json::parse(line);
    std::string text = action["observer"].get<std::string>() + " " + action["rule"].get<std::string>();
    if (action.contains("event")) {
      const Json& event = action["event"];
      text += " " + event["type"].get<std::string>();
      if (event.contains("f1")) text += " " + event["f1"].dump();
      if (event.contains("was")) text += " " + event["was"].dump();
    }
    result.push_back(text);
  }
  return result;
}

std::string mixed(std::uint64_t count) {
  std::string text;
  const double figures[] = {0.75, 0.4, 0.2, 0.9, 0.05, 0.6};
  for (std::uint64_t n = 0; n < count; ++n) {
    text += event_line(n, figures[n * 7 % 6], 3, n % 5 == 0 ? R"(,"labels":{"team":"red"})" : "");
  }
  return text;
}

/// What stands twice once only: after a failed commit what is due may be written again.
Texts once(const Texts& lines) {
  std::set<std::string> seen;
  Texts result;
  for (const std::string& line : lines) {
    if (seen.insert(line).second) result.push_back(line);
  }
  return result;
}

/// Lines as they are, but for their place.
Texts without_place(const std::vector<std::string>& lines) {
  Texts result;
  for (const std::string& line : lines) result.push_back(line.substr(0, line.rfind(",\"source\":")));
  return result;
}

}  // namespace

TEST_CASE("derived events come right behind their cause, to the observers behind the one that emits") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_line(0, 0.75) + event_line(1, 0.05) + event_line(2, 0.4))});
  run.observers = {good("hears", "before", "{}"), good("emits", "e"), good("hears", "h", "{}"),
                   good("hears", "h2", "{}")};
  run.run();
  CHECK(told(run) ==
        Texts{"before plain metrics 0.75", "h plain metrics 0.75", "h2 plain metrics 0.75",
              // The second event: its derived ones are low, low again and the action.
              "before plain metrics 0.05", "e very_low",
              "h plain metrics 0.05", "h derived low 0.05", "h derived low", "h derived retrain",
              "h2 plain metrics 0.05", "h2 derived low 0.05", "h2 derived low", "h2 derived retrain",
              "h2 derived heard", "h2 derived heard", "h2 derived heard",
              "before plain metrics 0.4",
              "h plain metrics 0.4", "h derived low 0.4",
              "h2 plain metrics 0.4", "h2 derived low 0.4", "h2 derived heard"});
  CHECK(run.contradictions() == "");
  const auto receipt = nlohmann::json::parse(to_json(run.receipt));
  CHECK(receipt["observers"][1]["emitted"] == 4);
  CHECK_FALSE(receipt["observers"][0].contains("emitted"));
}

TEST_CASE("a derived event carries model, time, labels and an id, and a place that is its cause's") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_line(0, 0.75) + event_line(7, 0.05, 1, R"(,"labels":{"team":"red"})"))});
  run.observers = {good("emits", "e"), good("hears", "h", "{}")};
  run.run();
  std::vector<Json> heard;
  Json retrain;
  for (const std::string& line : run.lines()) {
    const Json action = Json::parse(line);
    if (action["rule"] == "derived") heard.push_back(action);
    if (action["action"] == "retrain") retrain = action;
  }
  REQUIRE(heard.size() == 3);
  for (const Json& action : heard) {
    const Json& event = action["event"];
    CHECK(event["model"]["name"] == "m0");
    CHECK(event["at"] == "2026-02-01T00:00:07Z");
    CHECK(event["labels"]["team"] == "red");
    CHECK(action["labels"]["team"] == "red");
    CHECK(action["line"] == 2);
    CHECK(action["source"] == run.intake.paths[0]);
  }
  CHECK(heard[0]["event"]["id"] != heard[1]["event"]["id"]);
  CHECK(heard[2]["event"]["id"] == retrain["id"]);
  for (const char* place : {"source", "line", "offset"}) retrain.erase(place);
  CHECK(heard[2]["event"]["action"] == retrain);
  CHECK(heard[0]["id"] != heard[1]["id"]);
}

TEST_CASE("what comes of derived events is the same at any batch size, number of threads and checkpoint") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", mixed(900));
  TestRun plain({path});
  plain.observers = chain();
  plain.run();
  REQUIRE(plain.lines().size() > 2000);
  for (const std::uint32_t capacity : {4u, 100u}) {
    for (const std::size_t threads : {1u, 3u}) {
      TestRun run({path});
      run.observers = chain();
      run.observers[0].capacity = capacity;
      run.observers[1].capacity = 2 * capacity;
      run.intake.threads = threads;
      run.options.checkpoints.after = 50;
      run.run();
      CHECK((run.lines() == plain.lines()));
      CHECK(run.contradictions() == "");
    }
  }
}

TEST_CASE("what comes of derived events is the same in many runs over the pieces of a file") {
  const TemporaryFolder folder;
  TestRun whole({folder.write("whole", mixed(240))});
  whole.observers = chain();
  whole.run();
  const TemporaryFolder state;
  Texts lines;
  const std::string text = mixed(240);
  for (std::size_t at = 0, n = 0; at < text.size(); ++n) {
    std::size_t end = at;
    for (std::size_t i = 0; i < 10 && end < text.size(); ++i) end = text.find('\n', end) + 1;
    TestRun run({folder.write("part" + std::to_string(n), text.substr(at, end - at))}, state.path(""));
    run.observers = chain();
    run.run();
    REQUIRE(run.error.empty());
    for (const std::string& line : run.lines()) lines.push_back(line);
    at = end;
  }
  CHECK((without_place(lines) == without_place(whole.lines())));
}

TEST_CASE("a run that fails at a commit and one after it give what an undisturbed one gives") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", mixed(600));
  TestRun whole({path});
  whole.observers = chain();
  whole.run();
  for (std::size_t commit = 1; commit < 12; ++commit) {
    const TemporaryFolder state;
    Texts lines;
    for (const bool fails : {true, false}) {
      TestRun run({path}, state.path(""));
      run.observers = chain();
      run.options.checkpoints.after = 100;
      if (fails) run.store->fail_commits_from = commit;
      run.run();
      for (const std::string& line : run.lines()) lines.push_back(line);
    }
    CHECK((once(lines) == whole.lines()));
  }
}

TEST_CASE("an emitter that breaks is caught up with, and those behind it hear the rest") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", mixed(30) + event_line(30, 0.125) + mixed(60));
  TestRun whole({path});
  whole.observers = chain();
  whole.run();
  const TemporaryFolder state;
  Texts lines;
  for (const char* breaks_at : {"0.125", "-1"}) {
    TestRun run({path}, state.path(""));
    run.observers = chain();
    run.observers[0].config = std::string(R"({"breaks_at":)") + breaks_at + "}";
    run.run();
    for (const std::string& line : run.lines()) lines.push_back(line);
  }
  Texts expected = whole.lines();
  std::sort(lines.begin(), lines.end());
  std::sort(expected.begin(), expected.end());
  CHECK((lines == expected));
}

TEST_CASE("an emitter without audience holds nobody up") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", mixed(100))});
  run.observers = {good("emits", "e"), {}};
  run.run();
  CHECK(run.observer(0).failure.empty());
  CHECK(run.observer(0).counts.emitted > 0);
  CHECK(run.contradictions() == "");
}

TEST_CASE("what is emitted and cannot be used stops the observer, with or without an audience") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", mixed(10));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"undeclared", "type \"low\", which its class does not declare"},
      {"not_json", "expected one JSON object"},
      {"host_member", "\"at\" is the host's"},
      {"labels", "\"labels\" is the host's"},
      {"envelope", "its event cannot be used: source"},
      {"row", "about a row or model that is not there"},
      {"model", "about a row or model that is not there"},
      {"well", ""},
  };
  for (const auto& [how, why] : cases) {
    TestRun run({path});
    TestObserver bad;
    bad.plugin = "emits_badly";
    bad.config = "{\"how\":\"" + how + "\"}";
    run.observers = {bad, {}};
    run.run();
    INFO(how << ": " << run.observer(0).failure);
    CHECK(run.observer(0).failure.empty() == why.empty());
    CHECK(run.observer(0).failure.find(why) != std::string::npos);
  }
}

TEST_CASE("ticks emit too: behind the event that moved the time") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_line(0, 0.75, 2) + event_line(1, 0.75, 2) + event_line(300, 0.75, 2))});
  run.observers = {good("ticks", "t", R"({"period_s":60,"fails_at":-1})"), good("hears", "h", "{}")};
  run.run();
  const Texts said = told(run);
  REQUIRE(said.size() == 6);
  CHECK(said[2] == "t silent");
  CHECK(said[3] == "t silent");
  CHECK(said[4] == "h plain metrics 0.75");
  CHECK(said[5] == "h derived org.example.silence");
  const Json last = Json::parse(run.lines().back());
  CHECK(last["event"]["at"] == "2026-02-01T00:05:00Z");
  CHECK(last["event"]["models"] == 2);
}

TEST_CASE("ends of jobs and derived events do not count as events that an observer dropped") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", mixed(2000))});
  run.observers = chain();
  run.observers[1].capacity = 4;
  run.observers[1].drop_newest = true;
  run.run();
  CHECK(run.contradictions() == "");
}
