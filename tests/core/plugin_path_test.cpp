#include "core/plugin/plugin_path.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/core/run_fixture.h"

using namespace mlmon;

TEST_CASE("folders: those given, then those of the variable, then the installed one") {
  CHECK(plugin_folders({"a", "b"}, "c:d", "e") == PluginFolders{"a", "b", "c", "d", "e"});
  CHECK(plugin_folders({}, nullptr, "e") == PluginFolders{"e"});
  CHECK(plugin_folders({}, "", "e") == PluginFolders{"e"});
  CHECK(plugin_folders({}, ":c::d:", "e") == PluginFolders{"c", "d", "e"});
}

TEST_CASE("a short name is looked for in each folder, a path is taken as it is") {
  const TemporaryFolder one, two;
  two.write("x.so", "");
  const PluginFolders folders = {one.path(""), two.path("")};
  CHECK(*find_plugin("x", folders) == two.path("x.so"));
  one.write("x.so", "");
  CHECK(*find_plugin("x", folders) == one.path("x.so"));
  CHECK(*find_plugin(two.path("x.so"), folders) == two.path("x.so"));

  const auto missing = find_plugin("y", folders);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().text.find("y.so") != std::string::npos);
  CHECK(missing.error().text.find(one.path("")) != std::string::npos);
  CHECK(missing.error().text.find(two.path("")) != std::string::npos);
  CHECK_FALSE(find_plugin("x.so", folders).ok());
  CHECK_FALSE(find_plugin("./x", folders).ok());
}

TEST_CASE("only a regular file that no others may write to is trusted") {
  const TemporaryFolder folder;
  const std::string path = folder.write("x.so", "");
  for (const mode_t mode : {0644u, 0755u, 0400u}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK(check_plugin_file(path).ok());
  }
  for (const mode_t mode : {0666u, 0664u, 0646u, 0777u}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK_FALSE(check_plugin_file(path).ok());
  }
  CHECK(check_plugin_file(path).error().text.find("mode 0777") != std::string::npos);
  REQUIRE(mkdir(folder.path("d.so").c_str(), 0755) == 0);
  CHECK(check_plugin_file(folder.path("d.so")).error().text.find("regular file") !=
        std::string::npos);
  CHECK_FALSE(check_plugin_file(folder.path("none.so")).ok());
}

TEST_CASE("a plugin that was cut off is refused before the dynamic loader dies of it") {
  const TemporaryFolder folder;
  std::ostringstream whole;
  whole << std::ifstream(bad_plugin("well_behaved"), std::ios::binary).rdbuf();
  const std::string bytes = whole.str();
  REQUIRE(bytes.size() > 1000);
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    const std::string path =
        folder.write("x" + std::to_string(size) + ".so", bytes.substr(0, size));
    if (check_plugin_file(path)) CHECK((PluginLibrary::load(path, "0.0.0").ok(), true));
  }
  const std::string half = folder.write("half.so", bytes.substr(0, bytes.size() / 2));
  CHECK(check_plugin_file(half).error().text.find("is cut off") != std::string::npos);
  CHECK(check_plugin_file(bad_plugin("well_behaved")).ok());
}

TEST_CASE("plugin files are listed in order of folder and name") {
  const TemporaryFolder one, two;
  for (const char* name : {"b.so", "a.so", "c.txt"}) one.write(name, "");
  two.write("a.so", "");
  const auto files = list_plugin_files({one.path(""), one.path("none"), two.path("")});
  REQUIRE(files.size() == 3);
  CHECK(std::filesystem::path(files[0]).filename() == "a.so");
  CHECK(std::filesystem::path(files[1]).filename() == "b.so");
  CHECK(files[2].find(two.path("")) == 0);
}
