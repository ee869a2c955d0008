// The host for unit tests, with plugins that use one part of the SDK each.
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <mlmon/observer.hpp>
#include <mlmon/testing.hpp>
#include <string>
#include <vector>

namespace {

using mlmon::testing::event;
using mlmon::testing::Host;

const mlmon_class& class_of(const std::string& plugin) {
  void* library = dlopen((std::string(MLMON_GOOD_PLUGINS) + "/" + plugin + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) FAIL(dlerror());
  const auto entry = reinterpret_cast<mlmon_plugin_entry>(dlsym(library, "mlmon_plugin_entry_v1"));
  return *entry(nullptr)->classes[0];
}

std::string at(int minute) { return "2026-02-01T08:0" + std::to_string(minute) + ":00Z"; }

std::string metrics(const std::string& model, int minute, const std::string& members = "\"f1\":0.5") {
  return event("metrics", model, at(minute), members);
}

/// Does what its configuration says where it says it.
class Puppet final : public mlmon::Observer {
 public:
  explicit Puppet(mlmon::Setup& setup) : what_(setup.config().text("what")), count_(setup.counter("seen", "events")) {
    if (what_ == "refuses") throw mlmon::config_error("what: is refused");
    if (what_ == "acts in create") act(mlmon::Cause(mlmon::Tick{0}, 1), "alert", "rule", {});
    if (what_ == "subscribes") setup.subscribe("deploy");
  }

  void on_batch(const mlmon::Batch& batch) override {
    if (what_ == "acts nowhere") act(mlmon::Cause(mlmon::Tick{0}, 99), "alert", "rule", {});
    for (const mlmon::Event& one : batch) {
      count_.add();
      keep(one.model(), "rows", std::to_string(batch.size()));
      keep(0, "last", model(one.model()).name);
      mlmon::Fields fields;
      fields.integer("row", one.row()).integer("count", batch.size()).number("f1", one.f1());
      if (what_ == "suppresses") {
        suppress(one, "alert", "rule", "quiet", one.time_ns() + 1, explaining() ? fields : mlmon::Fields());
      } else if (!act(one, what_ == "bad type" ? "Alert" : "alert", "rule", "firing", fields)) {
        last_ = last_action_id();
      }
      if (what_ == "fails at two" && one.row() == 1) throw std::runtime_error("two is too many");
      if (what_ == "emits") emit(one, "made", fields);
      if (what_ == "acts as the host") act(one, "alert", "rule", fields.text("event_time", "now"));
      if (what_ == "emits as the host") emit(one, "made", fields.text("at", "now"));
      if (what_ == "emits another") emit(one, "mad", fields);
      if (what_ == "keeps too much") keep(0, std::string(1025, 'k'), "");
    }
  }

  void finish() override { log(MLMON_LOG_INFO, "finished after " + last_); }

  std::string explain(mlmon_model of) override { return "{\"notes\":[\"" + std::string(model(of).name) + "\"]}"; }

 private:
  std::string what_, last_;
  mlmon::Counter count_;
};

constexpr mlmon_class kPuppet = {
    sizeof(mlmon_class), 1,       "test.puppet", "1.0.0", "does what it is told",
    R"({"type":"object", "properties": {"what": {"type":"string", "default":"acts"}}, "additionalProperties" :false})",
    &mlmon::ObserverRole<Puppet>::table, nullptr, "metrics drift", "made other"};

std::string error_of(const std::string& what, const std::string& lines) {
  try {
    Host host(kPuppet, "{\"what\":\"" + what + "\"}");
    host.feed(lines);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("testing: what was decided, counted, kept and logged can be read") {
  Host host(kPuppet, "{}");
  host.feed(metrics("fraud", 1) + event("job", "fraud", at(1)) + metrics("churn", 2, ""));
  REQUIRE(host.actions().size() == 2);
  const auto second = host.actions()[1];
  CHECK((second.type + " " + second.rule + " " + second.state + " " + second.model) == "alert rule firing churn");
  CHECK(second.fields.dump() == R"({"row":2,"count":2})");  // the job is in the batch, and not selected
  CHECK(second.line == 3);
  CHECK(mlmon::format_time(second.time_ns) == at(2));
  CHECK(host.actions()[0].fields.number("f1") == 0.5);
  CHECK(host.counter("seen") == 2);
  CHECK(host.kept("churn", "rows") == "2");
  CHECK(host.kept("", "last") == "churn");
  CHECK(host.kept("fraud", "other") == std::nullopt);
  CHECK(host.explain("churn") == R"({"notes":["churn"]})");
  host.finish();
  CHECK(host.log() == "finished after action-2\n");
}

TEST_CASE("testing: suppressions have fields while somebody looks, and a time") {
  Host host(kPuppet, R"({"what":"suppresses"})");
  host.feed(metrics("fraud", 1));
  host.explaining(true);
  host.feed(metrics("fraud", 1));
  REQUIRE(host.suppressed().size() == 2);
  CHECK(host.suppressed()[0].fields.dump() == "{}");
  CHECK(host.suppressed()[1].fields.integer("row") == 0);
  CHECK(host.suppressed()[1].why == "quiet");
  CHECK(host.suppressed()[1].until_ns == host.suppressed()[1].time_ns + 1);
  CHECK(host.actions().empty());
}

TEST_CASE("testing: what mlmon refuses is refused with a text") {
  CHECK(error_of("refuses", "") == "what: is refused");
  CHECK(error_of("acts in create", "") == "act: only during on_batch and on_tick");
  CHECK(error_of("acts nowhere", metrics("m", 1)) == "act: there is no such model");
  CHECK(error_of("bad type", metrics("m", 1)) == "act: expected a type of a-z, 0-9 and _");
  CHECK(error_of("emits", metrics("m", 1)) == "none");
  CHECK(error_of("emits another", metrics("m", 1)) == "emit: the class does not emit this type");
  CHECK(error_of("acts as the host", metrics("m", 1)) == "act: fields: \"event_time\" is the host's");
  CHECK(error_of("emits as the host", metrics("m", 1)) == "emit: fields: \"at\" is the host's");
  CHECK(error_of("keeps too much", metrics("m", 1)) == "state_put: expected a key of 1 byte to 1 KiB");
  CHECK_THROWS_WITH(Host(kPuppet, R"({"waht":"acts"})"), "waht: unknown key");
  CHECK_THROWS_WITH(Host(kPuppet, R"({"what":1})"), "what: expected a string, got a number");
}

TEST_CASE("testing: lines that are no events are refused with their number") {
  CHECK(error_of("acts", "\n{}") == "line 2: type: expected a string");
  CHECK(error_of("acts", R"({"type":"metrics","captured_at":"2026-02-01T08:00:00Z"})") ==
        "line 1: model: expected an object with name, version and deployed_at");
  CHECK(error_of("acts", event("drift", "m", "yesterday")) ==
        "line 1: detected_at: expected a time such as 2026-01-31T08:00:00Z");
  CHECK(error_of("acts", event("deploy", "m", at(1))) ==
        "line 1: type: the observer does not subscribe to it, and mlmon does not know it");
  CHECK(error_of("subscribes", event("deploy", "m", at(1))) == "none");
}

TEST_CASE("testing: a call that fails leaves nothing behind, and nothing more is called") {
  Host host(kPuppet, R"({"what":"fails at two"})");
  host.feed(metrics("fraud", 1));
  CHECK_THROWS_WITH(host.feed(metrics("churn", 2) + metrics("other", 3)), "two is too many");
  CHECK(host.actions().size() == 1);
  CHECK(host.kept("", "last") == "fraud");
  CHECK(host.kept("churn", "rows") == std::nullopt);
  CHECK_THROWS_WITH(host.feed(metrics("fraud", 4)), "two is too many");
  CHECK(host.counter("seen") == 1);
}

TEST_CASE("testing: an observer goes on after a restart with what it kept, under other handles") {
  Host host(class_of("keeps_2"), "{}");
  host.feed(metrics("a", 1) + metrics("b", 1) + metrics("b", 2) + metrics("c", 2));
  host.restart();
  host.feed(metrics("b", 3) + metrics("a", 3) + metrics("d", 3));
  std::string counts;
  for (const auto& action : host.actions()) counts += action.model + action.fields.dump();
  CHECK(counts == R"(a{"count":1}b{"count":1}b{"count":2}c{"count":1}b{"count":3}a{"count":2}d{"count":1})");
  CHECK(host.kept("b", "count") == "|||");
}

TEST_CASE("testing: older state is migrated") {
  Host older(class_of("keeps_1"), "{}");
  older.feed(metrics("a", 1) + metrics("a", 2));
  CHECK(older.kept("a", "n") == "2");
  CHECK_THROWS_WITH(older.migrate(0), "state of version 0 is of no use");

  Host host(class_of("keeps_2"), "{}");
  host.feed(metrics("a", 1));
  host.keep("a", "n", "5");
  host.migrate(1);
  CHECK(host.kept("a", "count") == "|||||");
  CHECK(host.kept("a", "n") == std::nullopt);
}

TEST_CASE("testing: ticks come between the events that they stand between") {
  for (const bool one_by_one : {false, true}) {
    Host host(class_of("ticks"), "{}");
    std::vector<std::string> lines = {metrics("a", 1), metrics("b", 2), metrics("b", 3), metrics("b", 4),
                                      metrics("a", 9), metrics("b", 9)};
    if (!one_by_one) lines = {lines[0] + lines[1] + lines[2] + lines[3] + lines[4] + lines[5]};
    for (const std::string& line : lines) host.feed(line);
    std::string told;
    for (const auto& action : host.actions()) told += action.model + mlmon::format_time(action.time_ns).substr(13, 4);
    CHECK(told == "a:03:b:09:");
    CHECK(host.actions()[0].line == 0);
    CHECK(host.counter("ticks") == 4);
    CHECK(host.emitted().size() == 2);
  }
}

TEST_CASE("testing: fields are found as in a run") {
  Host host(class_of("fields"), R"({"pointer":"/metrics/a~1b/1"})");
  const auto found = [&](const std::string& type, const std::string& value) {
    host.feed(event(type, "m", at(1), "\"metrics\": {\"a\":1, \"a\\/b\" : [0, " + value + " ]}"));
    return host.actions().back().fields.dump();
  };
  CHECK(found("metrics", "-1.5e1") == R"({"number":-15,"json":-1.5e1})");
  CHECK(found("metrics", "7") == R"({"number":7,"integer":7,"json":7})");
  CHECK(found("metrics", "9223372036854775808") == R"({"number":9223372036854775808,"json":9223372036854775808})");
  CHECK(found("metrics", "1e999") == R"({"json":1e999})");
  CHECK(found("metrics", "true") == R"({"boolean":true,"json":true})");
  CHECK(found("metrics", R"("\u00e4\"\n")") == R"({"text":"ä\"\n","json":"ä\"\n"})");
  CHECK(found("drift", R"({"k":[1,"]"]})") == R"({"json":{"k":[1,"]"]},"of_drift":{"k":[1,"]"]}})");
  CHECK(found("metrics", "null") == R"({"json":null})");
  host.feed(metrics("m", 1));
  CHECK(host.actions().back().fields.dump() == "{}");
}

TEST_CASE("testing: types of events are seen as subscribed, by the class and in the constructor") {
  Host host(class_of("types"), R"({"also":"made"})");
  const auto type = [](const char* name) { return event(name, "m", at(1)); };
  host.feed(type("metrics") + type("drift") + type("deploy") + type("made") + type("job"));
  std::string seen;
  for (const auto& action : host.actions()) seen += action.fields.text("type") + " ";
  CHECK(seen == "metrics deploy made ");
  CHECK_THROWS_WITH(host.feed(type("mode")), Catch::Matchers::Contains("line 6: type:"));
}

}  // namespace
