// What the SDK offers to an observer, as plugins see it that use it: those of tests/good_plugins.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

using Json = nlohmann::json;

TestObserver good(const std::string& plugin, const std::string& config = "{}",
                  const std::string& name = "mine") {
  TestObserver observer;
  observer.plugin = good_plugin(plugin);
  observer.config = config;
  observer.name = name;
  return observer;
}

std::string line_of(const std::string& type, const std::string& more, int second = 0,
                    const std::string& model = "m0") {
  const char* time = type == "metrics" ? "captured_at" : type == "drift" ? "detected_at" : "at";
  return "{\"type\":\"" + type + "\",\"model\":{\"name\":\"" + model +
         "\",\"version\":\"1.0.0\",\"deployed_at\":\"2026-01-01T00:00:00Z\"},\"" + time + "\":\"" +
         format_rfc3339(Instant{1'769'904'000 + second, 0}) + "\"" + more + "}\n";
}

std::vector<Json> actions(const TestRun& run) {
  std::vector<Json> result;
  for (const std::string& line : run.lines()) result.push_back(Json::parse(line));
  return result;
}

std::vector<std::string> members(const TestRun& run, const char* name) {
  std::vector<std::string> result;
  for (const Json& action : actions(run)) result.push_back(action.value(name, "(absent)"));
  return result;
}

using Texts = std::vector<std::string>;

/// Lines as they are, but for their place.
Texts without_place(const std::vector<std::string>& lines) {
  Texts result;
  for (const std::string& line : lines) result.push_back(line.substr(0, line.find(",\"source\":")));
  return result;
}

/// What stands twice once only: after a failed commit what is due may be written again.
Texts once(const Texts& lines) {
  Texts result;
  for (const std::string& line : lines) {
    if (std::find(result.begin(), result.end(), line) == result.end()) result.push_back(line);
  }
  return result;
}

/// Models a, b, c, of which b pauses and c ends early; drift, job events and old ones among them.
std::string pausing(int seconds) {
  std::string text;
  for (int second = 0; second < seconds; second += 7) {
    text += line_of("metrics", ",\"f1\":0.75", second, "a");
    if (second % 500 < 200) text += line_of("drift", ",\"p_value\":0.5", second + 1, "b");
    if (second < 100) text += line_of("metrics", ",\"f1\":0.5", second, "c");
    if (second % 70 == 0) text += line_of("metrics", ",\"f1\":0.5", second / 2, "a");
    if (second % 49 == 0) text += line_of("job", R"(,"job":"J","status":"done")", second + 300, "d");
  }
  return text;
}

Texts split(const std::string& text, std::size_t files) {
  Texts parts(1);
  std::size_t lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  for (std::size_t at = 0, n = 0; at < text.size(); ++n) {
    const std::size_t end = text.find('\n', at) + 1;
    if (n * files / lines >= parts.size()) parts.emplace_back();
    parts.back() += text.substr(at, end - at);
    at = end;
  }
  return parts;
}

}  // namespace

TEST_CASE("an observer reads the fields that it asked for, by its own numbers") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", line_of("metrics", R"(,"f1":1,"x":{"y":2.5},"z":true)") +
                                     line_of("drift", R"(,"p_value":1,"x":7,"z":"a\"b")"))});
  run.observers = {good("fields", R"({"pointer":"/z"})", "one"),
                   good("fields", R"({"pointer":"/x"})", "two"),
                   good("fields", R"({"pointer":"/x"})", "three")};
  run.run();
  const auto said = actions(run);
  REQUIRE(said.size() == 6);
  CHECK(said[0]["boolean"] == true);
  CHECK(said[0]["json"] == true);
  CHECK_FALSE(said[0].contains("of_drift"));
  for (const int i : {1, 2}) {
    CHECK(said[static_cast<std::size_t>(i)]["json"] == Json{{"y", 2.5}});
    CHECK_FALSE(said[static_cast<std::size_t>(i)].contains("number"));
  }
  CHECK(said[3]["text"] == "a\"b");
  CHECK(said[3]["of_drift"] == "a\"b");
  CHECK(said[4]["number"] == 7);
  CHECK(said[5]["integer"] == 7);
  CHECK(run.contradictions() == "");
}

TEST_CASE("fields are right in every view, however the batch is cut") {
  const TemporaryFolder folder;
  std::string text;
  for (int n = 0; n < 500; ++n) text += event_line(static_cast<std::uint64_t>(n), 0.5, 3, ",\"x\":\"" + std::to_string(n) + "\"");
  const std::string path = folder.write("a", text);
  for (const std::uint32_t capacity : {1u, 7u, 2048u}) {
    TestRun run({path});
    run.observers = {good("fields", R"({"pointer":"/x"})")};
    run.observers[0].capacity = capacity;
    run.run();
    const auto said = actions(run);
    REQUIRE(said.size() == 500);
    for (std::size_t n = 0; n < said.size(); ++n) REQUIRE(said[n]["text"] == std::to_string(n));
  }
}

TEST_CASE("a type of event that somebody subscribed to is no bad line, and its observers alone see it") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", line_of("metrics", ",\"f1\":1") + line_of("deploy", "") +
                                                 line_of("drift", ",\"p_value\":1") + line_of("retire", "") +
                                                 line_of("deploy", ",\"at\":\"x\""));
  TestRun run({path});
  run.observers = {good("types", R"({"also":"retire"})", "both"), good("types", R"({"also":""})", "one"), {}};
  run.run();
  CHECK(run.receipt.sources[0].events == 4);
  CHECK(run.receipt.sources[0].bad == 1);
  CHECK(members(run, "type") == Texts{"metrics", "metrics", "deploy", "deploy", "retire"});
  CHECK(run.contradictions({3, 2, 2}) == "");

  TestRun nobody({path});
  nobody.run();
  CHECK(nobody.receipt.sources[0].bad_reasons[static_cast<std::size_t>(BadReason::kUnknownType)] == 3);
}

TEST_CASE("the configured types choose among those of the class, not among those of the instance") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", line_of("metrics", ",\"f1\":1") + line_of("deploy", "") + line_of("retire", ""))});
  run.observers = {good("types", R"({"also":"retire"})")};
  run.observers[0].types = {"metrics"};
  run.run();
  CHECK(members(run, "type") == Texts{"metrics", "retire"});
  CHECK(run.receipt.sources[0].bad == 1);
}

TEST_CASE("an event of another's type needs a model and its time `at`") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", std::string(R"({"type":"deploy","at":"2026-01-01T00:00:00Z"})") + "\n" +
                                     R"({"type":"deploy","model":{"name":"m","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"}})" + "\n")});
  run.observers = {good("types", R"({"also":""})")};
  run.run();
  REQUIRE(run.bad_lines.lines.size() == 2);
  CHECK(run.bad_lines.lines[0].reason == "missing_field");
  CHECK(run.bad_lines.lines[1].detail.find("at") != std::string::npos);
}

TEST_CASE("counters stand in the receipt of their observer, and nowhere else") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(20, 2))});
  run.observers = {good("types", R"({"also":""})", "counts"), {}};
  run.run();
  const Json receipt = Json::parse(to_json(run.receipt));
  CHECK(receipt["observers"][0]["counters"] == Json{{"seen", 20}});
  CHECK_FALSE(receipt["observers"][1].contains("counters"));
}

TEST_CASE("a tick tells of models without events, at its own time and at the place that moved it") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", line_of("metrics", ",\"f1\":1", 1, "a") + line_of("metrics", ",\"f1\":1", 2, "b") +
                                                 line_of("metrics", R"(,"f1":1,"labels":{"team":"red"})", 130, "b"));
  TestRun run({path});
  run.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
  run.run();
  const auto said = actions(run);
  REQUIRE(said.size() == 2);
  for (const std::size_t i : {0u, 1u}) {
    CHECK(said[i]["model"]["name"] == std::string(1, "ab"[i]));
    CHECK(said[i]["event_time"] == "2026-02-01T00:02:00Z");
    CHECK(said[i]["line"] == 3);
    CHECK_FALSE(said[i].contains("labels"));
  }
  CHECK(said[0]["id"] != said[1]["id"]);
}

TEST_CASE("ticks and what they decide are the same at any batch size and number of threads") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", pausing(5000));
  TestRun plain({path});
  plain.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
  plain.run();
  REQUIRE(plain.lines().size() > 5);
  CHECK(plain.contradictions() == "");
  for (const std::uint32_t capacity : {1u, 5u, 64u}) {
    for (const std::size_t threads : {1u, 3u}) {
      TestRun run({path});
      run.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
      run.observers[0].capacity = capacity;
      run.intake.threads = threads;
      run.options.checkpoints.after = 1;
      run.run();
      CHECK(run.lines() == plain.lines());
      CHECK(run.observer(0).counts.counters.at(0).total == plain.observer(0).counts.counters.at(0).total);
    }
  }
}

TEST_CASE("ticks are the same in many runs over the pieces of a file, and none comes twice") {
  const TemporaryFolder folder;
  const std::string text = pausing(3000);
  TestRun whole({folder.write("whole", text)});
  whole.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
  whole.run();
  for (const std::size_t pieces : {2u, 5u, 40u}) {
    const TemporaryFolder state;
    Texts lines;
    std::uint64_t ticks = 0;
    for (const std::string& part : split(text, pieces)) {
      TestRun run({folder.write("part", part)}, state.path(""));
      run.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
      run.run();
      REQUIRE(run.error.empty());
      for (const std::string& line : run.lines()) lines.push_back(line);
      ticks += run.observer(0).counts.counters.at(0).total;
    }
    CHECK(without_place(lines) == without_place(whole.lines()));
    CHECK(ticks == whole.observer(0).counts.counters.at(0).total);
  }
}

TEST_CASE("ticks of a run that fails at a commit come again in the next, and only those") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", pausing(3000));
  TestRun whole({path});
  whole.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
  whole.run();
  for (std::size_t commit = 1; commit < 8; ++commit) {
    const TemporaryFolder state;
    Texts lines;
    for (const bool fails : {true, false}) {
      TestRun run({path}, state.path(""));
      run.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
      run.observers[0].capacity = 16;
      run.options.checkpoints.after = 1;
      if (fails) run.store->fail_commits_from = commit;
      run.run();
      for (const std::string& line : run.lines()) lines.push_back(line);
    }
    CHECK(once(lines) == whole.lines());
  }
}

TEST_CASE("an observer that fails at a tick has seen what stands before it, and goes on there") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", pausing(3000));
  TestRun whole({path});
  whole.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
  whole.run();
  const TemporaryFolder state;
  Texts lines;
  const std::int64_t fails_at = 1'769'904'000 + 900;
  for (const std::int64_t at : {fails_at, std::int64_t{-1}}) {
    TestRun run({path}, state.path(""));
    run.observers = {good("ticks", R"({"period_s":60,"fails_at":)" + std::to_string(at) + "}")};
    run.run();
    CHECK(run.observer(0).failure == (at < 0 ? "" : "this tick is too much"));
    for (const std::string& line : run.lines()) lines.push_back(line);
  }
  CHECK(lines == whole.lines());
}

TEST_CASE("with --from-start the ticks are those of the first time") {
  const TemporaryFolder folder;
  const TemporaryFolder state;
  const std::string path = folder.write("a", pausing(2000));
  std::vector<std::uint64_t> ticks;
  for (const bool from_start : {false, true}) {
    TestRun run({path}, state.path(""));
    run.observers = {good("ticks", R"({"period_s":60,"fails_at":-1})")};
    run.options.from_start = from_start;
    run.run();
    ticks.push_back(run.observer(0).counts.counters.at(0).total);
    if (from_start) CHECK(run.receipt.actions.fresh == 0);
    if (from_start) CHECK(run.receipt.actions.already_known > 0);
  }
  CHECK(ticks[0] > 0);
  CHECK(ticks[0] == ticks[1]);
}

TEST_CASE("state of an older version is migrated, of a newer one refused, and never read as if it were this") {
  const TemporaryFolder folder;
  const TemporaryFolder state;
  const auto run_with = [&](const std::string& plugin, const std::string& file) {
    TestRun run({folder.write(file, event_lines(3, 2, 1))}, state.path(""));
    run.observers = {good(plugin)};
    run.options.from_start = false;
    // Each file is another one to the store, by its first bytes.
    run.intake.paths = {folder.write(file, "\n" + std::string(file.size(), ' ') + "\n" + event_lines(3, 2, 1, ",\"of\":\"" + file + "\""))};
    run.run();
    return std::make_pair(run.observer(0).failure, members(run, "rule").size());
  };
  CHECK(run_with("keeps_1", "a") == std::make_pair(std::string(), std::size_t{3}));
  const auto [unread, none] = run_with("oldest", "b");
  CHECK_THAT(unread, Catch::Matchers::Contains("was kept by class test.keeps, and this is test.oldest"));
  CHECK(none == 0);
  TestRun second({folder.write("c", event_lines(3, 2, 1, ",\"of\":\"c\""))}, state.path(""));
  second.observers = {good("keeps_2")};
  second.run();
  CHECK(second.observer(0).failure.empty());
  std::vector<int> counts;
  for (const Json& action : actions(second)) counts.push_back(action["count"]);
  // Same ids as in the first run, so that nothing is told again; the count goes on all the same.
  CHECK(second.receipt.actions.already_known == 3);
  CHECK(counts.empty());
  TestRun third({folder.write("d", event_line(100, 0.5, 1))}, state.path(""));
  third.observers = {good("keeps_2")};
  third.run();
  REQUIRE(actions(third).size() == 1);
  CHECK(actions(third)[0]["count"] == 7);
  CHECK(run_with("keeps_1", "e").first.find("version 2, and this version of the plugin knows 1") !=
        std::string::npos);
}

TEST_CASE("a plugin that cannot read older state does not start, and the state stays") {
  const TemporaryFolder folder;
  const TemporaryFolder state;
  const auto run_with = [&](const std::string& plugin, std::uint64_t from) {
    std::string text;
    for (std::uint64_t n = from; n < from + 3; ++n) text += event_line(n, 0.25);
    TestRun run({folder.write("f" + std::to_string(from), text)}, state.path(""));
    run.observers = {good(plugin)};
    run.run();
    return run.observer(0).failure + "/" + std::to_string(run.lines().size());
  };
  CHECK(run_with("oldest", 0) == "/1");
  CHECK_THAT(run_with("keeps_2", 10), Catch::Matchers::Contains("was kept by class test.oldest, and this is test.keeps"));
  CHECK(run_with("oldest", 20) == "/1");  // the sixth
}

TEST_CASE("the oldest plugin loads, decides and remembers beside the newest") {
  const TemporaryFolder folder;
  const std::string text = event_lines(40, 1, 2) + line_of("deploy", "", 100);
  TestRun whole({folder.write("a", text)});
  whole.observers = {good("oldest", "{}", "old"), good("types", R"({"also":""})", "new")};
  whole.run();
  CHECK(whole.observer(0).failure.empty());
  CHECK(whole.receipt.sources[0].bad == 0);
  CHECK(whole.contradictions({40, 41}) == "");
  std::size_t alerts = 0;
  for (const Json& action : actions(whole)) alerts += action["rule"] == "third";
  CHECK(alerts == 12);

  const TemporaryFolder state;
  std::size_t in_pieces = 0;
  for (const std::string& part : split(event_lines(40, 1, 2), 7)) {
    TestRun run({folder.write("part", part)}, state.path(""));
    run.observers = {good("oldest", "{}", "old")};
    run.run();
    in_pieces += run.lines().size();
  }
  CHECK(in_pieces == 12);
}

TEST_CASE("a service that is called from another thread answers no, and the observer is stopped") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(5, 1));
  for (const char* service : {"act", "suppress", "emit", "state_get", "state_put", "state_delete", "state_scan",
                              "state_next", "last_action_id", "project", "subscribe", "counter", "tick_every",
                              "set_error"}) {
    INFO(service);
    TestRun run({path});
    TestObserver wrong;
    wrong.plugin = "wrong_thread";
    wrong.config = std::string("{\"how\":\"") + service + "\",\"where\":\"other_thread\"}";
    run.observers = {wrong, {}};
    run.run();
    CHECK(run.observer(0).failure ==
          std::string("it called ") + service + " from another thread than the observer's");
    CHECK(run.lines().size() == 5);
    CHECK(run.contradictions() == "");
  }
}

TEST_CASE("own events at one instant are told apart by all that they say, not by how they say it") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", line_of("deploy", R"(,"note":"a","n":{"x":1,"y":[1,2]})") +
                                     line_of("deploy", R"(,"note":"b","n":{"x":1,"y":[1,2]})") +
                                     line_of("deploy", R"(,"n": {"y":[1.0,2e0],"x":1},"note":"\u0061")") +
                                     line_of("deploy", R"(,"note":"a","n":{"x":1,"y":[2,1]})"))});
  run.observers = {good("types", R"({"also":""})")};
  run.run();
  CHECK(run.receipt.actions.decided == 4);
  CHECK(run.receipt.actions.fresh == 3);
  CHECK(run.receipt.actions.already_known == 1);
}

TEST_CASE("every refusal has a text that names what was asked for and what was expected") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", event_lines(5, 1));
  const auto failure_of = [&](const std::string& plugin, const std::string& how) {
    TestRun run({path});
    TestObserver asks;
    asks.plugin = plugin;
    asks.config = how.empty() ? "{}" : "{\"how\":\"" + how + "\"}";
    run.observers = {asks};
    run.run();
    return run.observer(0).failure;
  };
  const std::vector<std::pair<std::string, std::string>> refusals = {
      {"pointer", R"(the field "metrics/auc", expected a JSON pointer such as "/metrics/auc")"},
      {"pointer_escape", R"(the field "/a~2", expected a JSON pointer)"},
      {"event_type", R"(of the type "two words", expected a type of events)"},
      {"column", R"(the field "/a" as type 99, expected a MLMON_COLUMN_*)"},
      {"projection_size", "project: the projection or the place of its column is missing"},
      {"subscribe", R"(subscribed to "two words", expected a type of events)"},
      {"counter", R"(expected at most 64 with names [a-z_][a-z0-9_]* of at most 64 bytes, got "Late-Events")"},
      {"counters", R"(got "c64")"},
      {"ticks", "it asked for ticks every -1 ns, expected a period above zero"},
      {"action_size", "it decided by a struct of 0 bytes, expected"},
      {"emit", R"(it emitted an event of type "undeclared", which its class does not declare)"},
      {"emit_fields", R"("at" is the host's)"},
      {"no_key", "state_put: expected a key, got an empty one"},
      {"host_key", R"(state_put: "mlmon:class" is one of the host's keys)"},
      {"no_model", "state_put: there is no model with the handle 4711"},
      {"long_key", "it kept 1 bytes under a key of 1025, expected at most 1048576 under one of at most 1024"},
      {"long_value", "it kept 1048577 bytes under a key of 1, expected at most 1048576"},
      {"long_fields", "the fields of a decision have 262152 bytes, expected at most 262144"},
  };
  for (const auto& [how, text] : refusals) {
    INFO(how);
    CHECK_THAT(failure_of("asks_badly", how), Catch::Matchers::Contains(text));
  }
  CHECK(failure_of("asks_badly", "at_the_limit") == "");
  CHECK_THAT(failure_of("no_on_tick", ""), Catch::Matchers::Contains("its role has no on_tick"));
}

TEST_CASE("a constructor reads what is kept and logs, and is refused in words what only an event is a reason for") {
  const TemporaryFolder folder;
  const TemporaryFolder state;
  for (const int from : {0, 10}) {
    TestRun run({folder.write(std::to_string(from), event_lines(10, 2, 2, ",\"samples\":" + std::to_string(from)))},
                state.path(""));
    run.observers = {good("counts", R"({"type":"metrics","unowned":true,"how":""})", "all"),
                     good("counts", R"({"type":"metrics","unowned":false,"how":""})", "each")};
    run.explain = true;
    run.run();
    CHECK(run.contradictions() == "");
    const std::string begun = "begins at " + std::to_string(from) + " with 0 models, explaining 1";
    CHECK_THAT(run.log.text(), Catch::Matchers::Contains("all: " + begun));
    CHECK_THAT(run.log.text(), Catch::Matchers::Contains(from == 0 ? "with 0 models" : "with 2 models"));
  }
  for (const std::string how : {"act", "emit", "suppress", "keep", "forget"}) {
    TestRun run({folder.write("b", event_lines(5, 1))});
    run.observers = {good("counts", R"({"type":"metrics","unowned":true,"how":")" + how + "\"}")};
    run.run();
    INFO(how);
    CHECK_THAT(run.observer(0).failure, Catch::Matchers::Contains("outside of on_batch"));
  }
}

TEST_CASE("--from-start forgets what is kept of no model, and what observers of derived events keep") {
  const TemporaryFolder folder;
  const TemporaryFolder state;
  std::string text;
  for (std::uint64_t n = 0; n < 17; ++n) text += event_line(n, 0.4, 3);
  const std::string path = folder.write("a", text);
  std::vector<Texts> said;
  for (const bool from_start : {false, true}) {
    TestRun run({path}, state.path(""));
    run.options.from_start = from_start;
    run.observers = {good("emits", R"({"breaks_at":-1})", "emits"),
                     good("counts", R"({"type":"metrics","unowned":true,"how":""})", "unowned"),
                     good("counts", R"({"type":"low","unowned":false,"how":""})", "derived"),
                     good("counts", R"({"type":"low","unowned":true,"how":""})", "both")};
    run.run();
    CHECK(run.receipt.actions.decided == 51);
    CHECK(run.receipt.actions.fresh == (from_start ? 0 : 51));
    CHECK(run.observer(2).counts.derived == 17);
    CHECK(run.observer(2).counts.observed == 0);
    CHECK_THAT(to_json(run.receipt), Catch::Matchers::Contains(R"("derived":17)"));
  }
}

TEST_CASE("state is the class's: another class under the same name is refused, until it is forgotten") {
  const TemporaryFolder folder;
  const TemporaryFolder state;
  const std::string path = folder.write("a", event_lines(6, 2));
  const auto run_with = [&](const std::string& plugin, const std::string& config, bool from_start) {
    TestRun run({path}, state.path(""));
    run.options.from_start = from_start;
    run.observers = {good(plugin, config)};
    run.run();
    return std::pair(run.observer(0).failure, run.observer(0).counts.observed);
  };
  const std::string counts = R"({"type":"metrics","unowned":false,"how":""})";
  CHECK(run_with("counts", counts, false) == std::pair(std::string(), std::uint64_t{6}));
  const auto refused = run_with("keeps_1", "{}", true);
  CHECK(refused.first == "");  // it was told to forget
  CHECK_THAT(run_with("counts", counts, false).first,
             Catch::Matchers::Contains("the state of observer mine was kept by class test.keeps, and this is test.counts"));
  CHECK(run_with("counts", counts, true) == std::pair(std::string(), std::uint64_t{6}));
  CHECK(run_with("counts", counts, false) == std::pair(std::string(), std::uint64_t{0}));
}

TEST_CASE("a counter does not count what was counted in a call that failed") {
  const TemporaryFolder folder;
  TestRun run({folder.write("a", event_lines(5, 1))});
  run.observers = {good("ticks", R"({"period_s":1,"fails_at":1769904002})")};
  run.run();
  CHECK(run.observer(0).failure == "this tick is too much");
  CHECK(run.observer(0).counts.counters.at(0).total == 1);
}

TEST_CASE("what may be asked for in create only is refused later") {
  const TemporaryFolder folder;
  for (const char* service : {"project", "subscribe", "counter", "tick_every"}) {
    TestRun run({folder.write("a", event_lines(5, 1))});
    TestObserver wrong;
    wrong.plugin = "wrong_thread";
    wrong.config = std::string("{\"how\":\"") + service + "\"}";
    run.observers = {wrong};
    run.run();
    CHECK(run.observer(0).failure == std::string("it called ") + service + " outside of create");
  }
}
