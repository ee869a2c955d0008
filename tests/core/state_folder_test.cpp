#include "core/store/state_folder.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

using namespace mlmon;
namespace fs = std::filesystem;

namespace {

class FakeEnvironment final : public ConfigEnvironment {
 public:
  std::map<std::string, std::string> variables;

  std::optional<std::string> variable(const std::string& name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  }
  bool exists(const std::string&) const override { return false; }
  Result<FileText> read(const std::string&, std::size_t) const override { return Error{"none"}; }
  std::uint32_t user() const override { return 0; }
};

/// Each look at it takes so long.
class SteppingClock final : public Clock {
 public:
  explicit SteppingClock(std::int64_t step_ns) : step_ns_(step_ns) {}
  std::int64_t now_ns() const override { return 0; }
  std::int64_t monotonic_ns() const override { return now_ += step_ns_; }

 private:
  const std::int64_t step_ns_;
  mutable std::int64_t now_ = 0;
};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "mlmon-state-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }

  std::string path;
};

constexpr std::int64_t kSecond = 1'000'000'000;
const SteppingClock kClock(kSecond);

std::string folder(const FakeEnvironment& environment, const std::string& configured = "") {
  const auto found = state_folder(std::nullopt, configured, environment);
  return found ? *found : "error: " + found.error().text;
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// A process that takes the lock and keeps it until it is killed.
class Holder {
 public:
  explicit Holder(const std::string& folder) {
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      const auto lock = RunLock::take(folder, 0, kClock);
      if (write(ready[1], lock ? "y" : "n", 1) != 1) _exit(1);
      for (;;) pause();
    }
    close(ready[1]);
    char answer = 0;
    REQUIRE(read(ready[0], &answer, 1) == 1);
    close(ready[0]);
    REQUIRE(answer == 'y');
  }
  ~Holder() { die(); }

  void die() {
    if (pid == 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = 0;
  }

  pid_t pid = 0;
};

}  // namespace

TEST_CASE("the state folder is the first that is named, in the order of the contract") {
  FakeEnvironment environment;
  environment.variables["HOME"] = "/home/ann";
  CHECK(folder(environment) == "/home/ann/.local/state/mlmon");
  environment.variables["XDG_STATE_HOME"] = "/xdg";
  CHECK(folder(environment) == "/xdg/mlmon");
  environment.variables["STATE_DIRECTORY"] = "/var/lib/mlmon:/var/lib/other";
  CHECK(folder(environment) == "/var/lib/mlmon");
  CHECK(folder(environment, "conf/state") == "conf/state");
  environment.variables["MLMON_STATE"] = "of-env";
  CHECK(folder(environment, "conf/state") == "of-env");
  CHECK(*state_folder("given", "conf/state", environment) == "given");
}

TEST_CASE("variables that are empty, and a relative XDG_STATE_HOME, count as not set") {
  FakeEnvironment environment;
  environment.variables = {{"HOME", "/home/ann"},
                           {"XDG_STATE_HOME", "relative"},
                           {"STATE_DIRECTORY", ""},
                           {"MLMON_STATE", ""}};
  CHECK(folder(environment) == "/home/ann/.local/state/mlmon");
}

TEST_CASE("without HOME the error says how to name a folder") {
  FakeEnvironment environment;
  CHECK_THAT(folder(environment), Catch::StartsWith("error: ") && Catch::Contains("HOME") &&
                                      Catch::Contains("--state"));
  environment.variables["HOME"] = "";
  CHECK_THAT(folder(environment), Catch::StartsWith("error: "));
  CHECK_FALSE(state_folder("", "", environment).ok());
}

TEST_CASE("a state folder is made with its parents, for the user alone") {
  const Folder there;
  const std::string path = there.path + "/a/b/c";
  REQUIRE(make_state_folder(path).ok());
  for (const char* part : {"/a", "/a/b", "/a/b/c"}) CHECK(mode_of(there.path + part) == 0700);
  REQUIRE(chmod(path.c_str(), 0755) == 0);
  REQUIRE(make_state_folder(path).ok());
  REQUIRE(make_state_folder(path + "/").ok());
  CHECK(mode_of(path) == 0755);
}

TEST_CASE("what cannot be a state folder is named with the reason") {
  const Folder there;
  const std::string file = there.path + "/file";
  std::ofstream(file) << "text";
  CHECK_THAT(make_state_folder(file).error().text, Catch::Equals(file + ": is not a folder"));
  CHECK_THAT(make_state_folder(file + "/in").error().text, Catch::StartsWith(file));
  CHECK_FALSE(make_state_folder("").ok());
  CHECK_THAT(make_state_folder("/proc/nothing").error().text, Catch::StartsWith("/proc/nothing: "));
}

TEST_CASE("a folder holds state once there is a database") {
  const Folder there;
  CHECK_FALSE(holds_state(there.path));
  CHECK_FALSE(holds_state(there.path + "/nowhere"));
  std::ofstream(there.path + "/state.db") << "x";
  CHECK(holds_state(there.path));
  CHECK_FALSE(holds_state(there.path + "/state.db"));
}

TEST_CASE("the lock is free again once its holder gives it up") {
  const Folder there;
  {
    auto lock = RunLock::take(there.path, 0, kClock);
    REQUIRE(lock.ok());
    std::string text;
    std::getline(std::ifstream(there.path + "/lock"), text, '\0');
    CHECK(text == std::to_string(getpid()) + "\n");
    const RunLock moved = std::move(*lock);
    CHECK_FALSE(RunLock::take(there.path, 0, kClock).ok());
  }
  CHECK(RunLock::take(there.path, 0, kClock).ok());
}

TEST_CASE("who comes second is told which process was first, and a killed one holds nothing") {
  const Folder there;
  Holder holder(there.path);
  for (const std::int64_t timeout_ns : {std::int64_t{0}, 3 * kSecond}) {
    const auto lock = RunLock::take(there.path, timeout_ns, kClock);
    REQUIRE_FALSE(lock.ok());
    CHECK_THAT(lock.error().text, Catch::StartsWith(there.path + ": ") &&
                                      Catch::Contains("process " + std::to_string(holder.pid)) &&
                                      Catch::Contains(program_invocation_short_name));
  }
  holder.die();
  CHECK(RunLock::take(there.path, 0, kClock).ok());
}

TEST_CASE("who waits gets the lock as soon as it is free") {
  const Folder there;
  Holder holder(there.path);
  const SteppingClock patient(1);
  std::thread killer([&] { holder.die(); });
  CHECK(RunLock::take(there.path, kSecond, patient).ok());
  killer.join();
}

TEST_CASE("a lock in a folder that is not there is an error, not a wait") {
  const Folder there;
  const auto lock = RunLock::take(there.path + "/no", 100 * kSecond, kClock);
  REQUIRE_FALSE(lock.ok());
  CHECK_THAT(lock.error().text, Catch::StartsWith(there.path + "/no/lock: "));
}
