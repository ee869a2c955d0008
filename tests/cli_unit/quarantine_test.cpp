#include "cli/quarantine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace mlmon;
using nlohmann::json;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/mlmon-quarantine-XXXXXX";
    REQUIRE(mkdtemp(name));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }

  std::string path;
};

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

const BadLine kBad{BadReason::kInvalidJson, "unexpected \"x\""};

}  // namespace

TEST_CASE("a line that is UTF-8 stands as it is, in the order of the contract") {
  CHECK(quarantine_json("-", 2, 17, kBad, "not \"é\"\t\r") ==
        R"({"source":"-","line":2,"offset":17,"reason":"invalid_json","detail":"unexpected \"x\"",)"
        R"("raw":"not \"é\"\t\r"})"
        "\n");
  CHECK(json::parse(quarantine_json("s", 1, 0, kBad, std::string("\0\x7f", 2)))["raw"] ==
        std::string("\0\x7f", 2));
  CHECK(json::parse(quarantine_json("s", 1, 0, kBad, ""))["raw"] == "");
}

TEST_CASE("other bytes are base64") {
  const auto base64 = [](const std::string& raw) {
    const json entry = json::parse(quarantine_json("s", 1, 0, kBad, raw));
    CHECK_FALSE(entry.contains("raw"));
    return entry["raw_base64"].get<std::string>();
  };
  CHECK(base64("\xff") == "/w==");
  CHECK(base64("\xff\xfe") == "//4=");
  CHECK(base64("\xff\xfe\xfd") == "//79");
  CHECK(base64("foobar\x80") == "Zm9vYmFygA==");
  CHECK(base64(std::string("\0\0\0\xc0", 4)) == "AAAAwA==");
}

TEST_CASE("sources and details that are no UTF-8 still give JSON") {
  const json entry =
      json::parse(quarantine_json("f\xff\n", 1, 0, {BadReason::kTruncated, "\xfe"}, "x"));
  CHECK(entry["source"] == "f\\xff\\n");
  CHECK(entry["detail"] == "\\xfe");
}

TEST_CASE("lines are appended, and nothing that is there is lost") {
  const Folder folder;
  const std::string path = folder.path + "/q.ndjson";
  for (int run = 0; run < 2; ++run) {
    auto quarantine = Quarantine::open(path);
    REQUIRE(quarantine);
    quarantine->add("-", 1, 0, kBad, "a");
    quarantine->flush();
    quarantine->flush();
    quarantine->add("-", 2, 2, kBad, "b");
    CHECK_FALSE(quarantine->error());
  }
  std::istringstream lines(content(path));
  std::string raws;
  for (std::string line; std::getline(lines, line);) raws += json::parse(line)["raw"];
  CHECK(raws == "abab");
}

TEST_CASE("behind a line that was cut a new one begins") {
  const Folder folder;
  const std::string path = folder.path + "/q.ndjson";
  std::ofstream(path) << "{\"source\":\"cut";
  {
    auto untouched = Quarantine::open(path);
    REQUIRE(untouched);
  }
  std::ofstream(path) << "{\"source\":\"cut";
  {
    auto quarantine = Quarantine::open(path);
    REQUIRE(quarantine);
    quarantine->add("-", 1, 0, kBad, "a");
  }
  const std::string text = content(path);
  CHECK_THAT(text, Catch::StartsWith("{\"source\":\"cut\n{\"source\":\"-\""));
}

TEST_CASE("much is written before the end") {
  const Folder folder;
  const std::string path = folder.path + "/q.ndjson";
  auto quarantine = Quarantine::open(path);
  REQUIRE(quarantine);
  for (int i = 0; i < 100; ++i) quarantine->add("-", 1, 0, kBad, std::string(1000, 'x'));
  CHECK(content(path).size() >= 64 * 1024);
}

TEST_CASE("a file that cannot be opened is named") {
  const Folder folder;
  const auto missing = Quarantine::open(folder.path + "/missing/q\n");
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().text,
             Catch::Contains("/missing/q\\n") && Catch::EndsWith("No such file or directory"));
  CHECK_THAT(Quarantine::open(folder.path).error().text, Catch::EndsWith("Is a directory"));
}

TEST_CASE("a full disk is told once, as an error, and the rest is let go") {
  auto quarantine = Quarantine::open("/dev/full");
  REQUIRE(quarantine);
  for (int i = 0; i < 1000; ++i) quarantine->add("-", 1, 0, kBad, std::string(1000, 'x'));
  quarantine->flush();
  REQUIRE(quarantine->error());
  CHECK_THAT(quarantine->error()->text, Catch::Contains("/dev/full: No space left on device"));
}
