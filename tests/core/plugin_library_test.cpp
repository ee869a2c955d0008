#include "core/plugin/plugin_library.h"

#include <catch2/catch.hpp>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

std::string refusal(const std::string& name) {
  const auto loaded = PluginLibrary::load(bad_plugin(name), "1.2.3");
  return loaded ? "" : loaded.error().text;
}

}  // namespace

TEST_CASE("a plugin tells its classes") {
  const auto library = load_bad_plugin("well_behaved");
  CHECK(library->path() == bad_plugin("well_behaved"));
  CHECK(library->abi() == "1.2");
  REQUIRE(library->classes().size() == 1);
  const PluginClass& one = library->classes()[0];
  CHECK(std::string(one.about.id) == "test.well_behaved");
  CHECK(one.observes());
  CHECK_FALSE(one.delivers());
  CHECK(load_bad_plugin("delivers_badly")->classes()[0].delivers());
  CHECK(load_bad_plugin("no_finish")->classes()[0].observer.finish == nullptr);
}

TEST_CASE("a plugin may be loaded twice") {
  CHECK(load_bad_plugin("well_behaved")->classes()[0].about.id ==
        load_bad_plugin("well_behaved")->classes()[0].about.id);
}

TEST_CASE("what is no plugin for this host is refused, by path and with the reason") {
  const std::pair<const char*, const char*> cases[] = {
      {"no_entry", "does not export mlmon_plugin_entry_v1"},
      {"other_major", "does not export mlmon_plugin_entry_v1"},
      {"abi_major_2", "needs plugin ABI 2.0, this mlmon offers 1.2"},
      {"needs_minor_99", "needs plugin ABI 1.99, this mlmon offers 1.2"},
      {"refuses", "refuses to load: the licence has expired"},
      {"refuses_silently", "refuses to load: it does not say why"},
      {"short_descriptor", "descriptor has 8 bytes"},
      {"short_class", "shorter than"},
      {"short_role", "observer role is too short"},
      {"no_classes", "describes no class"},
      {"no_id", "has no id"},
      {"no_role", "class test.no_role has no role"},
      {"no_on_batch", "create, on_batch and destroy must be there"},
      {"emits_metrics", "\"metrics\" is no type of events that it can emit"},
      {"none_such", "No such file"},
  };
  for (const auto& [name, text] : cases) {
    INFO(name << ": " << refusal(name));
    CHECK(refusal(name).find(text) != std::string::npos);
    CHECK(refusal(name).find(bad_plugin(name)) == 0);
  }
}

TEST_CASE("what is no shared library is refused in the dynamic loader's words") {
  const TemporaryFolder folder;
  const std::string path = folder.write("text.so", std::string(1000, 'x'));
  const auto loaded = PluginLibrary::load(path, "1.2.3");
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.error().text.find("invalid ELF header") != std::string::npos);
}
