#include "core/input/limited_input.h"

#include <catch2/catch.hpp>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

std::unique_ptr<Input> limited(const std::string& path, std::uint64_t bytes) {
  auto opened = open_input(path);
  REQUIRE(opened.ok());
  return std::make_unique<LimitedInput>(std::move(*opened), bytes);
}

std::string all_of(Input& input, std::size_t room) {
  std::string text;
  std::vector<char> buffer(room);
  for (;;) {
    const auto got = input.read(buffer.data(), room);
    REQUIRE(got.ok());
    REQUIRE(*got != Input::kNothingYet);
    if (*got == 0) return text;
    text.append(buffer.data(), *got);
  }
}

}  // namespace

TEST_CASE("only the beginning is read, in steps of any size") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", "0123456789");
  for (const std::size_t room : {1u, 3u, 4u, 100u}) {
    for (const std::uint64_t bytes : {0u, 1u, 4u, 10u, 11u}) {
      INFO("room " << room << ", bytes " << bytes);
      CHECK(all_of(*limited(path, bytes), room) ==
            std::string("0123456789").substr(0, static_cast<std::size_t>(bytes)));
    }
  }
}

TEST_CASE("the bytes count from the place that was sought") {
  const TemporaryFolder folder;
  const auto input = limited(folder.write("a", "0123456789"), 3);
  const auto reached = input->seek(4);
  REQUIRE(reached.ok());
  CHECK(*reached == 4);
  CHECK(all_of(*input, 2) == "456");
}

TEST_CASE("one that has ended is ready, and tells of the whole file") {
  const TemporaryFolder folder;
  const auto input = limited(folder.write("a", "0123456789"), 3);
  CHECK(all_of(*input, 100) == "012");
  CHECK(input->ready());
  CHECK(input->total() == 10);
  CHECK(input->regular());
  CHECK_FALSE(input->compressed());
}
