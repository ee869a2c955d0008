#include "core/input/steady_input.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

std::unique_ptr<Input> steady(const std::string& path, std::uint64_t offset = 0, const std::string& before = "") {
  auto opened = open_input(path);
  REQUIRE(opened.ok());
  REQUIRE((*opened)->seek(offset).ok());
  return std::make_unique<SteadyInput>(std::move(*opened), path, offset, before);
}

std::string next(Input& input, std::size_t room) {
  std::string text(room, '\0');
  const auto got = input.read(text.data(), room);
  REQUIRE(got.ok());
  text.resize(*got);
  return text;
}

/// As copytruncate does, and its writer after it.
void cut_and_write(const std::string& path, const std::string& text) {
  std::filesystem::resize_file(path, 0);
  std::ofstream(path, std::ios::app) << text;
}

}  // namespace

TEST_CASE("a file that stays, or grows, is read to its end") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "0123456789");
  const auto input = steady(path);
  CHECK(next(*input, 4) == "0123");
  std::ofstream(path, std::ios::app) << "abc";
  CHECK(next(*input, 100) == "456789abc");
  CHECK(next(*input, 100).empty());
}

TEST_CASE("a file that is cut and written anew ends, however long it is") {
  const TemporaryFolder folder;
  for (const std::string& text : {std::string(), std::string("abc"), std::string("abcdefghijklmnop")}) {
    const std::string path = folder.write("a", "0123456789");
    const auto input = steady(path);
    CHECK(next(*input, 4) == "0123");
    cut_and_write(path, text);
    CHECK(next(*input, 100).empty());
    CHECK(next(*input, 100).empty());
  }
}

TEST_CASE("a file that was cut before anything was read of it ends, if it is known what stood before") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "0123456789");
  const auto same = steady(path, 4, "23");
  CHECK(next(*same, 100) == "456789");
  const auto other = steady(path, 4, "23");
  cut_and_write(path, "abcdefghijklmnop");
  CHECK(next(*other, 100).empty());
}
