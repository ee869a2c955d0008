#include "core/run/assembly.h"

#include <catch2/catch.hpp>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

ObserverConfig configured(const std::string& plugin, const std::string& own = "{}") {
  ObserverConfig config;
  config.name = "mine";
  config.plugin = plugin;
  config.own = own;
  return config;
}

Assembly assembled(const ObserverConfig& observer) {
  Config config;
  config.observers = {observer};
  MemoryLog log;
  return assemble(config, {MLMON_BAD_PLUGINS}, "0.0.0", {}, log);
}

}  // namespace

TEST_CASE("a plugin is found, loaded, and its keys are filled in") {
  const Assembly assembly = assembled(configured("well_behaved"));
  CHECK(assembly.errors.empty());
  REQUIRE(assembly.observers.size() == 1);
  CHECK(assembly.observers[0].library != nullptr);
  CHECK(assembly.observers[0].own == R"({"number":0})");
  CHECK(assembly.observers[0].types == std::vector<std::string>{"metrics", "drift", "job"});
}

TEST_CASE("keys that the schema refuses are errors of the configuration") {
  for (const char* own : {R"({"number":"x"})", R"({"nmuber":1})", R"({"number":-1})"}) {
    const Assembly assembly = assembled(configured("well_behaved", own));
    REQUIRE(assembly.errors.size() == 1);
    CHECK(assembly.errors[0].key.find("observers.mine") == 0);
  }
  CHECK(assembled(configured("acts_badly")).errors.size() == 1);
}

TEST_CASE("a plugin that is nowhere is an error of the configuration") {
  const Assembly assembly = assembled(configured("none_such"));
  REQUIRE(assembly.errors.size() == 1);
  CHECK(assembly.errors[0].key == "observers.mine.plugin");
  CHECK(assembly.errors[0].text.find(MLMON_BAD_PLUGINS) != std::string::npos);
}

TEST_CASE("a plugin that cannot be loaded, or whose schema is broken, is no error: it is named") {
  for (const char* plugin : {"no_entry", "refuses", "broken_schema"}) {
    const Assembly assembly = assembled(configured(plugin));
    CHECK(assembly.errors.empty());
    REQUIRE(assembly.observers.size() == 1);
    CHECK(assembly.observers[0].library == nullptr);
    CHECK(assembly.observers[0].failure.find(bad_plugin(plugin)) == 0);
  }
}

TEST_CASE("types are those of events; another is an error") {
  ObserverConfig config = configured("well_behaved");
  config.types = {"job", "metrics"};
  CHECK(assembled(config).observers[0].types == std::vector<std::string>{"job", "metrics"});
  config.types = {"metrics", "weather"};
  const Assembly assembly = assembled(config);
  REQUIRE(assembly.errors.size() == 1);
  CHECK(assembly.errors[0].text.find("weather") != std::string::npos);
}

TEST_CASE("an observer that is not enabled is left out, whatever its plugin is") {
  ObserverConfig config = configured("none_such");
  config.enabled = false;
  const Assembly assembly = assembled(config);
  CHECK(assembly.errors.empty());
  CHECK(assembly.observers.empty());
}
