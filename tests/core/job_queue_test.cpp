#include "core/store/job_queue.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "core/store/state_schema.h"
#include "tests/core/test_state.h"

using namespace mlmon;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kMorning = 1'770'000'000 * kSecond;  // 2026-02-02T02:40:00Z

class FakeClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return now_; }
  std::int64_t monotonic_ns() const override { return now_; }
  void advance(std::int64_t ns) { now_ += ns; }

 private:
  std::int64_t now_ = kMorning;
};

/// A state folder with a database, and a queue on it.
class Registry {
 public:
  Registry() : database_(open()), queue(open(), clock) {}
  ~Registry() { std::filesystem::remove_all(folder_); }

  /// As a run that opens or queues it would have left it; ids order as they are added.
  void add(const std::string& id, const std::string& model = "fraud") {
    execute(fmt::format(
        "INSERT INTO models (name, version, deployed_s, deployed_ns) "
        "VALUES ('{}', '2.1.0', 1767225600, 500000000) ON CONFLICT DO NOTHING;"
        "INSERT INTO actions (id, json) VALUES ('{}', '{}');"
        "INSERT INTO jobs (n, id, model) SELECT a.n, a.id, m.n FROM actions a, models m "
        "WHERE a.id = '{}' AND m.name = '{}';",
        model, id, action(id, model), id, model));
  }

  static std::string action(const std::string& id, const std::string& model) {
    return fmt::format(
        R"({{"action":"retrain","id":"{}","observer":"retraining","rule":"f1","model":{{"name":"{}"}},)"
        R"("reason":"f1 0.71 is below 0.75","event_time":"2026-02-01T08:00:00Z"}})",
        id, model);
  }

  void execute(const std::string& sql) {
    const auto done = database_.execute(sql.c_str());
    REQUIRE(done.ok());
  }

  std::int64_t number(const std::string& sql) {
    auto select = database_.prepare(sql.c_str());
    REQUIRE(select.ok());
    REQUIRE(*select->step());
    return select->integer(0);
  }

  std::vector<std::string> ids(const JobFilter& filter = {}) {
    std::vector<std::string> found;
    const auto listed =
        queue.list(filter, [&](const Job& job) { return found.push_back(job.id), true; });
    REQUIRE(listed.ok());
    return found;
  }

  std::string status(const std::string& id) {
    const auto job = queue.show(id);
    return job ? job->status : job.error().text;
  }

  /// The id of the job; "": none.
  std::string claim(const std::string& worker, const std::string& model = "",
                    std::int64_t lease_ns = kHour) {
    const auto job = queue.claim(model, worker, lease_ns);
    REQUIRE(job.ok());
    return *job ? (*job)->id : "";
  }

  Database open() {
    auto database = open_state_database(place_, true);
    REQUIRE(database.ok());
    return std::move(*database);
  }

 private:
  static std::string make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mlmon-jobs-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    return name;
  }

  const std::string folder_ = make_folder(), place_ = new_state_place(folder_);
  Database database_;

 public:
  FakeClock clock;
  JobQueue queue;
};

const std::optional<std::string> kOperator;

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a claim gives the oldest queued job, each once, then nothing") {
  Registry registry;
  for (const char* id : {"B", "A", "C"}) registry.add(id);
  CHECK(registry.claim("w") == "B");
  CHECK(registry.claim("w") == "A");
  CHECK(registry.claim("w") == "C");
  CHECK(registry.claim("w") == "");
}

TEST_CASE("a claim takes jobs of matching models only") {
  Registry registry;
  registry.add("A", "churn");
  registry.add("B", "fraud-eu");
  registry.add("C", "fraud-us");
  CHECK(registry.claim("w", "fraud*") == "B");
  CHECK(registry.claim("w", "fraud") == "");
  CHECK(registry.claim("w", "churn") == "A");
  CHECK(registry.claim("w", "fraud-??") == "C");
}

TEST_CASE("the JSON of a job has the members of the contract in their order") {
  Registry registry;
  registry.add("A");
  const auto claimed = registry.queue.claim("", "host:1", kHour);
  REQUIRE(claimed.ok());
  CHECK(job_json(**claimed) ==
        R"({"job":"A","status":"claimed",)"
        R"("model":{"name":"fraud","version":"2.1.0","deployed_at":"2026-01-01T00:00:00.5Z"},)"
        R"("rule":"f1","reason":"f1 0.71 is below 0.75","event_time":"2026-02-01T08:00:00Z",)"
        R"("attempts":1,"worker":"host:1","lease_until":"2026-02-02T03:40:00Z","note":null,)"
        R"("action":)" +
            Registry::action("A", "fraud") + "}");
  REQUIRE(registry.queue.close("A", "failed", "no \"disk\"\n", kOperator).ok());
  const auto ended = ordered_json::parse(job_json(*registry.queue.show("A")));
  CHECK(ended["status"] == "failed");
  CHECK(ended["worker"] == "host:1");
  CHECK(ended["lease_until"].is_null());
  CHECK(ended["note"] == "no \"disk\"\n");
}

TEST_CASE("a job that is queued has no worker, lease or note") {
  Registry registry;
  registry.add("A");
  const auto job = json::parse(job_json(*registry.queue.show("A")));
  CHECK(job["status"] == "queued");
  CHECK(job["attempts"] == 0);
  for (const char* name : {"worker", "lease_until", "note"}) CHECK(job[name].is_null());
}

TEST_CASE("bytes that are no UTF-8 do not spoil the JSON") {
  Registry registry;
  registry.add("A");
  CHECK(registry.claim("w\xff") == "A");
  REQUIRE(registry.queue.close("A", "failed", "bad \xc3 byte", "w\xff").ok());
  const auto job = json::parse(job_json(*registry.queue.show("A")));
  CHECK(job["note"] == "bad \xEF\xBF\xBD byte");
  CHECK(job["worker"] == "w\xEF\xBF\xBD");
}

TEST_CASE("a lease that runs out gives the job back") {
  Registry registry;
  registry.add("A");
  registry.add("B");
  CHECK(registry.claim("first") == "A");
  registry.clock.advance(kHour - 1'000'000);
  CHECK(registry.status("A") == "claimed");
  registry.clock.advance(1'000'000);
  CHECK(registry.status("A") == "queued");
  CHECK(registry.ids({"queued", ""}) == Ids{"A", "B"});
  CHECK(registry.ids({"claimed", ""}).empty());
  CHECK(job_json(*registry.queue.show("A")).find(R"("worker":null,"lease_until":null)") !=
        std::string::npos);
  // It is older than B.
  const auto again = registry.queue.claim("", "second", kHour);
  CHECK((*again)->id == "A");
  CHECK((*again)->attempts == 2);
  CHECK((*again)->worker == "second");
}

TEST_CASE("a renewed lease ends later") {
  Registry registry;
  registry.add("A");
  registry.claim("w");
  registry.clock.advance(kHour / 2);
  REQUIRE(registry.queue.renew("A", kHour, "w").ok());
  registry.clock.advance(kHour - kSecond);
  CHECK(registry.status("A") == "claimed");
  CHECK(registry.claim("other") == "");
  registry.clock.advance(kSecond);
  CHECK(registry.claim("other") == "A");
  CHECK_FALSE(registry.queue.renew("A", kHour, "w").ok());
}

TEST_CASE("the old worker may end or renew a job whose lease ran out while nobody else has it") {
  Registry registry;
  for (const char* id : {"A", "B", "C"}) registry.add(id);
  for (int i = 0; i < 3; ++i) registry.claim("w");
  registry.clock.advance(2 * kHour);
  CHECK(registry.queue.close("A", "done", "", "w").ok());
  CHECK(registry.status("A") == "done");
  CHECK(registry.queue.renew("B", kHour, "w").ok());
  CHECK(registry.status("B") == "claimed");
  CHECK(registry.claim("other") == "C");
  const auto late = registry.queue.close("C", "done", "", "w");
  REQUIRE_FALSE(late.ok());
  CHECK_THAT(late.error().text, Catch::Contains("C") && Catch::Contains("other"));
  CHECK(registry.status("C") == "claimed");
}

TEST_CASE("a named worker may touch only what it holds") {
  Registry registry;
  registry.add("A");
  registry.add("B");
  registry.claim("w");
  JobQueue& queue = registry.queue;
  for (const char* id : {"A", "B"}) {
    for (const char* end : {"done", "failed", "cancelled"}) {
      CHECK_FALSE(queue.close(id, end, "", "other").ok());
    }
    CHECK_FALSE(queue.renew(id, kHour, "other").ok());
    CHECK_FALSE(queue.give_back(id, 0, "other").ok());
    CHECK(registry.queue.holds(id, "other").value() == false);
  }
  CHECK(registry.status("A") == "claimed");
  CHECK(registry.status("B") == "queued");
  CHECK(queue.holds("A", "w").value());
  CHECK(queue.close("A", "failed", "why", "w").ok());
  CHECK_FALSE(queue.holds("A", "w").value());
}

TEST_CASE("an operator may end what is queued or claimed, and renew what is claimed") {
  Registry registry;
  registry.add("A");
  registry.add("B");
  registry.claim("w");
  CHECK(registry.queue.renew("A", 2 * kHour, kOperator).ok());
  CHECK_FALSE(registry.queue.renew("B", kHour, kOperator).ok());
  CHECK(registry.queue.close("A", "cancelled", "", kOperator).ok());
  CHECK(registry.queue.close("B", "done", "by hand", kOperator).ok());
  CHECK(registry.status("A") == "cancelled");
  CHECK(registry.status("B") == "done");
}

TEST_CASE("what has ended stays so, and the error says how it ended") {
  Registry registry;
  registry.add("A");
  for (const char* status : {"done", "failed", "cancelled"}) {
    registry.execute(fmt::format("UPDATE jobs SET status = '{}', worker = 'w'", status));
    for (const auto& worker : {kOperator, std::optional<std::string>("w")}) {
      const auto closed = registry.queue.close("A", "done", "", worker);
      REQUIRE_FALSE(closed.ok());
      CHECK_THAT(closed.error().text, Catch::Contains("A") && Catch::Contains(status));
      CHECK_FALSE(registry.queue.renew("A", kHour, worker).ok());
    }
    CHECK(registry.status("A") == status);
    CHECK(registry.claim("w") == "");
  }
}

TEST_CASE("an id that is not known is named") {
  Registry registry;
  const auto named = Catch::Contains("NOPE");
  CHECK_THAT(registry.queue.show("NOPE").error().text, named);
  CHECK_THAT(registry.queue.close("NOPE", "done", "", kOperator).error().text, named);
  CHECK_THAT(registry.queue.renew("NOPE", kHour, kOperator).error().text, named);
  CHECK_THAT(registry.queue.retry("NOPE").error().text, named);
  CHECK_THAT(registry.queue.give_back("NOPE", 0, "w").error().text, named);
}

TEST_CASE("a job that was given back waits as long as was asked for") {
  Registry registry;
  registry.add("A");
  registry.add("B");
  registry.claim("w");
  REQUIRE(registry.queue.give_back("A", 60 * kSecond, "w").ok());
  CHECK(registry.status("A") == "queued");
  CHECK(registry.claim("w") == "B");
  CHECK(registry.claim("w") == "");
  registry.clock.advance(60 * kSecond - 1'000'000);
  CHECK(registry.claim("w") == "");
  registry.clock.advance(1'000'000);
  CHECK(registry.claim("w") == "A");
}

TEST_CASE("a lease or a wait of a clock that was ahead is over once the clock is right") {
  constexpr std::int64_t kTenYears = 3650 * 24 * kHour;
  Registry registry;
  registry.add("A");
  registry.add("B");
  registry.clock.advance(kTenYears);
  CHECK(registry.claim("w") == "A");
  CHECK(registry.claim("w") == "B");
  REQUIRE(registry.queue.give_back("B", 60 * kSecond, "w").ok());
  CHECK(registry.status("A") == "claimed");
  registry.clock.advance(-kTenYears);
  CHECK(registry.status("A") == "queued");
  CHECK(registry.claim("w") == "A");
  CHECK(registry.claim("w") == "B");
  CHECK(registry.claim("w") == "");
}

TEST_CASE("a clock that is set back by a little costs nobody his lease") {
  Registry registry;
  registry.add("A");
  CHECK(registry.claim("w") == "A");
  registry.clock.advance(-30 * kSecond);
  CHECK(registry.status("A") == "claimed");
  CHECK(registry.claim("w") == "");
}

TEST_CASE("retry puts what failed or was cancelled back") {
  Registry registry;
  registry.add("A");
  registry.add("B");
  registry.claim("w");
  REQUIRE(registry.queue.close("A", "failed", "oops", "w").ok());
  REQUIRE(registry.queue.close("B", "cancelled", "", kOperator).ok());
  registry.execute("UPDATE jobs SET told = 1, model = n");
  registry.execute("INSERT INTO models (n, name, version, deployed_s, deployed_ns) "
                   "VALUES (2, 'churn', '1.0.0', 0, 0) ON CONFLICT DO NOTHING");
  CHECK(registry.queue.retry("A").ok());
  CHECK(registry.queue.retry("B").ok());
  CHECK(registry.number("SELECT count(*) FROM jobs WHERE told = 3 AND ended_ns > 0") == 2);
  CHECK(registry.claim("w") == "A");
  CHECK(registry.queue.show("A")->attempts == 2);
  CHECK(registry.queue.show("A")->note == "");
}

TEST_CASE("retry is refused for what is open or done") {
  Registry registry;
  registry.add("A");
  CHECK_THAT(registry.queue.retry("A").error().text, Catch::Contains("queued"));
  registry.claim("w");
  CHECK_THAT(registry.queue.retry("A").error().text, Catch::Contains("claimed"));
  REQUIRE(registry.queue.close("A", "done", "", "w").ok());
  CHECK_THAT(registry.queue.retry("A").error().text, Catch::Contains("done"));
}

TEST_CASE("retry is refused while a newer job of the model is open") {
  Registry registry;
  registry.add("OLD");
  REQUIRE(registry.queue.close("OLD", "failed", "", kOperator).ok());
  registry.add("OTHER", "churn");
  CHECK(registry.queue.retry("OLD").ok());
  REQUIRE(registry.queue.close("OLD", "failed", "", kOperator).ok());
  registry.add("NEW");
  CHECK_THAT(registry.queue.retry("OLD").error().text, Catch::Contains("NEW"));
  CHECK(registry.claim("w", "fraud") == "NEW");
  CHECK_FALSE(registry.queue.retry("OLD").ok());
  registry.clock.advance(2 * kHour);
  CHECK_FALSE(registry.queue.retry("OLD").ok());
  REQUIRE(registry.queue.close("NEW", "done", "", kOperator).ok());
  CHECK(registry.queue.retry("OLD").ok());
  CHECK(registry.status("OLD") == "queued");
}

TEST_CASE("retry is refused while an older job of the model is open") {
  Registry registry;
  registry.add("OLD");
  REQUIRE(registry.queue.close("OLD", "failed", "", kOperator).ok());
  registry.add("NEW");
  REQUIRE(registry.queue.close("NEW", "failed", "", kOperator).ok());
  REQUIRE(registry.queue.retry("OLD").ok());
  CHECK_THAT(registry.queue.retry("NEW").error().text, Catch::Contains("an older one") && Catch::Contains("OLD"));
  CHECK(registry.claim("w") == "OLD");
  CHECK_FALSE(registry.queue.retry("NEW").ok());
  REQUIRE(registry.queue.close("OLD", "failed", "", kOperator).ok());
  CHECK(registry.queue.retry("NEW").ok());
}

TEST_CASE("an end is to be told, also one after a retry that a run has told meanwhile") {
  Registry registry;
  registry.add("A");
  REQUIRE(registry.queue.close("A", "failed", "", kOperator).ok());
  CHECK(registry.number("SELECT ended_ns FROM jobs WHERE told = 0") == kMorning);
  REQUIRE(registry.queue.retry("A").ok());
  registry.execute("UPDATE jobs SET told = 1");  // by a checkpoint that was under way
  registry.clock.advance(kSecond);
  REQUIRE(registry.queue.close("A", "done", "", kOperator).ok());
  CHECK(registry.number("SELECT ended_ns FROM jobs WHERE told = 0") == kMorning + kSecond);
}

TEST_CASE("a list filters by status and model, and can be left early") {
  Registry registry;
  for (int i = 0; i < 1000; ++i) registry.add(fmt::format("{:04}", i), i % 10 == 0 ? "churn" : "fraud");
  CHECK(registry.ids().size() == 1000);
  CHECK(registry.ids({"", "ch*"}).size() == 100);
  CHECK(registry.claim("w", "churn") == "0000");
  CHECK(registry.ids({"claimed", ""}) == Ids{"0000"});
  CHECK(registry.ids({"queued", "churn"}).size() == 99);
  CHECK(registry.ids({"done", ""}).empty());
  int seen = 0;
  REQUIRE(registry.queue.list({}, [&](const Job&) { return ++seen < 300; }).ok());
  CHECK(seen == 300);
}

TEST_CASE("eight processes claim forty jobs, each exactly once") {
  Registry registry;
  for (int i = 0; i < 40; ++i) registry.add(fmt::format("job{:02}", i));
  int line[2];
  REQUIRE(pipe(line) == 0);
  std::vector<pid_t> children;
  for (int worker = 0; worker < 8; ++worker) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      // Connections do not survive a fork: the child has its own.
      JobQueue queue(registry.open(), registry.clock);
      for (;;) {
        const auto job = queue.claim("", fmt::format("w{}", worker), kHour);
        if (!job) _exit(1);
        if (!*job) _exit(0);
        if (write(line[1], (*job)->id.data(), 5) != 5) _exit(2);
        if (!queue.close((*job)->id, "done", "", fmt::format("w{}", worker)).ok()) _exit(3);
      }
    }
    children.push_back(pid);
  }
  close(line[1]);
  std::multiset<std::string> claimed;
  std::string id(5, '\0');
  while (read(line[0], id.data(), 5) == 5) claimed.insert(id);
  close(line[0]);
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(claimed.size() == 40);
  CHECK(std::set<std::string>(claimed.begin(), claimed.end()).size() == 40);
  CHECK(registry.ids({"done", ""}).size() == 40);
}
