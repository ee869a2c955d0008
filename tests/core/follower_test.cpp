// core/run/follower.h: which files are read, in a folder where they move.

#include "core/run/follower.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

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

}  // namespace
}  // namespace mlmon
