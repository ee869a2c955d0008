// core/run/follower.h: which files are read, in a folder where they move.

#include "core/run/follower.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/run/source_opener.h"

namespace mlmon {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string made = fs::temp_directory_path() / "mlmon-XXXXXX";
    path = mkdtemp(made.data());
  }
  ~Folder() { fs::remove_all(path); }

  fs::path path;
};

/// Half a second passes at each look at it.
class PassingClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return monotonic_ns(); }
  std::int64_t monotonic_ns() const override { return now_ += Follower::kLookEveryNs; }

 private:
  mutable std::int64_t now_ = 0;
};

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : number(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() { close(number); }

  const int number;
};

TEST_CASE("follower: a file whose name another took before it was opened is not lost, nor is the other") {
  const Folder folder;
  const std::string now = folder.path / "now.ndjson";
  std::ofstream(now) << "old\n";
  const PassingClock clock;
  Follower follower([&] { return expand_paths({folder.path.string()}); }, clock);
  FollowedFile* file = follower.next();
  REQUIRE(file != nullptr);
  REQUIRE(file->opened_by() == now);
  fs::rename(now, folder.path / "old.ndjson");
  std::ofstream(now) << "new\n";
  CHECK_FALSE(follower.hold(*file, Descriptor(now).number));

  std::set<std::string> read;
  while ((file = follower.next()) != nullptr) {
    const Descriptor opened(file->opened_by());
    CHECK(follower.hold(*file, opened.number));
    std::string line;
    std::getline(std::ifstream(file->opened_by()), line);
    read.insert(line);
  }
  CHECK(read == std::set<std::string>{"old", "new"});
}

TEST_CASE("follower: a file that was renamed before it was opened is read under its new name, and is no failure") {
  const Folder folder;
  std::ofstream(folder.path / "a.ndjson") << "first\n";
  std::ofstream(folder.path / "b.ndjson") << "second\n";
  const PassingClock clock;
  Follower follower([&] { return expand_paths({folder.path.string()}); }, clock);
  SourceOptions options;
  options.follower = &follower;
  SourceOpener opener(options);
  opener.on_error = [](const Error& error) { FAIL(error.text); };
  REQUIRE(opener.next(true));
  fs::rename(folder.path / "b.ndjson", folder.path / "c.ndjson");
  while (opener.next(true)) {
  }
  REQUIRE(opener.sources().size() == 2);
  CHECK(opener.sources()[1].count.source == folder.path / "c.ndjson");
  CHECK(opener.errors().empty());
}

}  // namespace
}  // namespace mlmon
