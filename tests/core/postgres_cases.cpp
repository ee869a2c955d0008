#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <thread>

#include "core/store/overview.h"
#include "core/store/query.h"
#include "core/store/state_copy.h"
#include "core/store/state_folder.h"
#include "core/store/transaction.h"
#include "tests/core/cutting_proxy.h"
#include "tests/core/run_fixture.h"
#include "tests/core/test_state.h"

// What only a PostgreSQL does; core.on_postgres runs these.

using namespace mlmon;

namespace {

Database open(const std::string& place, PostgresOptions options = {}) {
  auto database = open_postgres_state(place, true, std::move(options));
  INFO((database.ok() ? "" : database.error().text));
  REQUIRE(database.ok());
  return std::move(*database);
}

PostgresOptions run_options(std::int64_t retry_ms = 0) {
  PostgresOptions options;
  options.is_run = true;
  options.retry_ns = retry_ms * 1'000'000;
  return options;
}

std::int64_t count(Database& database, const char* table) {
  return *number_of(database, (std::string("SELECT count(*) FROM ") + table).c_str());
}

Result<void> add_model(Database& database, const std::string& name) {
  return run_once(database, "INSERT INTO models (name, version, deployed_s, deployed_ns) VALUES (?, '1.0.0', 0, 0)",
                  std::string_view(name));
}

/// Ends the sessions of a run on the schema, as a restart of the server would.
void cut_run(Database& other) {
  REQUIRE(run_once(other, "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid "
                          "WHERE l.locktype = 'advisory' AND l.objid = "
                          "(hashtext(current_schema())::bigint & 4294967295)::oid AND a.pid <> pg_backend_pid()").ok());
  for (std::int64_t left = 1; left > 0;) {
    left = *number_of(other, "SELECT count(*) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objid = "
                             "(hashtext(current_schema())::bigint & 4294967295)::oid");
  }
}

}  // namespace

TEST_CASE("two that begin at once make the tables once", "[.postgres]") {
  const std::string place = new_postgres_place();
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { opened += open_postgres_state(place, true).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(opened == 4);
}

TEST_CASE("one run a schema: the next is told who has it, and gets it after that one", "[.postgres]") {
  const std::string place = new_postgres_place(), elsewhere = new_postgres_place();
  {
    const Database first = open(place, run_options());
    const auto second = open_postgres_state(place, true, run_options());
    REQUIRE_FALSE(second.ok());
    CHECK_THAT(second.error().text, Catch::Contains(fmt::format("is in use by mlmon run, process {}", ::getpid())));
    CHECK(open_postgres_state(elsewhere, true, run_options()).ok());
    CHECK(open_postgres_state(place, false).ok());
  }
  CHECK(open_postgres_state(place, true, run_options()).ok());
}

TEST_CASE("tables of version 3 are brought up to date by whoever opens them") {
  const std::string place = new_postgres_place();
  {
    Database database = open(place);
    REQUIRE(add_model(database, "m").ok());
    REQUIRE(database.execute("ALTER TABLE sources DROP COLUMN epoch, DROP COLUMN owner, DROP COLUMN written; "
                             "ALTER TABLE models DROP COLUMN home; ALTER TABLE actions DROP COLUMN home; "
                             "DROP INDEX models_known; ALTER TABLE models ADD UNIQUE (name, version, deployed_s, "
                             "deployed_ns); DROP TABLE mlmon_runs; UPDATE mlmon_state SET version = 3").ok());
  }
  auto database = open_postgres_state(place, false);
  REQUIRE(database.ok());
  CHECK(*postgres_state_version(*database) == 4);
  CHECK(count(*database, "models") == 1);
  CHECK(*number_of(*database, "SELECT home FROM models") == 0);
  CHECK(count(*database, "mlmon_runs") == 0);
}

TEST_CASE("a schema of somebody else's and a newer state are refused and left as they are", "[.postgres]") {
  const std::string place = new_postgres_place();
  {
    auto raw = PostgresConnection::open(place, {});
    REQUIRE((*raw)->execute("CREATE TABLE jobs (id INTEGER)").ok());
  }
  CHECK_THAT(open_postgres_state(place, true).error().text,
             Catch::Contains("is not an mlmon state database") && Catch::Contains("(jobs)"));
  const std::string newer = new_postgres_place();
  {
    Database database = open(newer);
    REQUIRE(database.execute("UPDATE mlmon_state SET version = 99").ok());
  }
  CHECK_THAT(open_postgres_state(newer, true).error().text,
             Catch::Contains("was written by a newer mlmon (state version 99, this one knows " + std::to_string(kStateVersion) + ")"));
  CHECK_THAT(open_postgres_state(new_postgres_place(), false).error().text, Catch::Contains("holds no state"));
}

TEST_CASE("no error shows a password", "[.postgres]") {
  for (const char* url : {"postgresql://u:s3cret@127.0.0.1:1/x", "postgresql://u:s3cr?et@127.0.0.1:1/x",
                          "postgresql://u@127.0.0.1:1/x?password=s3cret&connect_timeout=2"}) {
    const auto opened = open_postgres_state(url, false);
    REQUIRE_FALSE(opened.ok());
    INFO(opened.error().text);
    CHECK(opened.error().text.find("s3cr") == std::string::npos);
    CHECK(opened.error().text.find("***") != std::string::npos);
  }
  // Where it is not known what of it the password is, nothing of it is shown.
  for (const char* url : {"postgresql://u:s3cr%zzet@127.0.0.1/x", "postgresql://u:s3cr/et@127.0.0.1/x",
                          "postgresql://u:s3cr@et@127.0.0.1/x", "postgresql://u:s3?cr@et@127.0.0.1/x",
                          "postgresql://u:s3cr/e?t@127.0.0.1/x"}) {
    CHECK_THAT(check_postgres_url(url).error().text, Catch::Contains("expected postgresql://[USER@]HOST[:PORT]/DATABASE"));
    const auto opened = open_postgres_state(url, false);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().text == check_postgres_url(url).error().text);
    CHECK(opened.error().text.find("s3cr") == std::string::npos);
  }
}

TEST_CASE("a transaction that fails, at whatever statement, leaves nothing", "[.postgres]") {
  Database database = open(new_postgres_place());
  for (const bool at_end : {false, true}) {
    const auto done = in_transaction(database, [&]() -> Result<void> {
      if (const auto added = add_model(database, "a"); !added) return added;
      // The second is not waited for: that it failed is known at the end.
      if (const auto added = add_model(database, "a"); !added) return added;
      return at_end ? Result<void>() : Error{"no"};
    });
    REQUIRE_FALSE(done.ok());
    if (at_end) CHECK_THAT(done.error().text, Catch::Contains("duplicate key"));
    CHECK(count(database, "models") == 0);
  }
  REQUIRE(in_transaction(database, [&] { return add_model(database, "a"); }).ok());
  CHECK(count(database, "models") == 1);
}

TEST_CASE("a transaction has as many statements as it likes", "[.postgres]") {
  Database database = open(new_postgres_place(), run_options(60'000));
  std::int64_t added = 0;
  for (int statements = 500; statements < 520; ++statements) {  // some 512 are sent before an answer is waited for
    REQUIRE(in_transaction(database, [&]() -> Result<void> {
      for (int i = 0; i < statements; ++i) {
        if (const auto one = add_model(database, std::to_string(++added)); !one) return one;
      }
      return {};
    }).ok());
  }
  CHECK(count(database, "models") == added);
}

TEST_CASE("a run's connection that breaks is made again, and what was under way done once", "[.postgres]") {
  const std::string place = new_postgres_place();
  std::vector<std::string> said;
  PostgresOptions options = run_options(60'000);
  options.warn = [&](const std::string& text) { said.push_back(text); };
  Database database = open(place, options), other = open(place);
  REQUIRE(add_model(database, "before").ok());

  SECTION("between two calls") {
    cut_run(other);
    CHECK(count(database, "models") == 1);
    cut_run(other);
    REQUIRE(in_transaction(database, [&] { return add_model(database, "after"); }).ok());
  }
  SECTION("within a transaction") {
    int tries = 0;
    REQUIRE(in_transaction(database, [&]() -> Result<void> {
      if (const auto added = add_model(database, "after"); !added) return added;
      if (++tries == 1) cut_run(other);
      const auto seen = number_of(database, "SELECT count(*) FROM models");
      return seen ? Result<void>() : seen.error();
    }).ok());
    CHECK(tries == 2);
  }
  CHECK(count(other, "models") == 2);
  REQUIRE(said.size() >= 2);
  CHECK_THAT(said.front(), Catch::Contains("trying again for 1m"));
  CHECK_THAT(said.back(), Catch::EndsWith("connected again"));
}

TEST_CASE("what breaks within COMMIT is settled by asking for its number", "[.postgres]") {
  using Cut = CuttingProxy::Cut;
  const Cut how = GENERATE(Cut::kBefore, Cut::kUnnoticed, Cut::kAfter, Cut::kSwallowed, Cut::kUnanswered);
  const std::string direct = new_postgres_place();
  const std::size_t colon = direct.rfind(':', direct.find('?')), slash = direct.find('/', colon);
  CuttingProxy proxy(static_cast<std::uint16_t>(std::stoi(direct.substr(colon + 1, slash - colon - 1))));
  const std::string place = direct.substr(0, colon + 1) + std::to_string(proxy.port()) + direct.substr(slash);
  Database other = open(direct);
  PostgresOptions options = run_options(60'000);
  if (how == Cut::kSwallowed || how == Cut::kUnanswered) options.answer_ns = 500'000'000;
  Database database = open(place, options);
  proxy.cut_next(how);
  int tries = 0;
  const auto done = in_transaction(database, [&] {
    ++tries;
    return add_model(database, "once");
  });
  INFO((done.ok() ? "" : done.error().text));
  REQUIRE(done.ok());
  CHECK(proxy.cuts() == 1);
  CHECK(tries == (how == Cut::kAfter || how == Cut::kUnanswered ? 1 : 2));
  CHECK(count(other, "models") == 1);
  REQUIRE(in_transaction(database, [&] { return add_model(database, "next"); }).ok());
  CHECK(count(other, "models") == 2);
}

TEST_CASE("a server that is not there yet is waited for by a run, and by nobody else", "[.postgres]") {
  const std::string there = new_postgres_place();
  const std::size_t colon = there.rfind(':', there.find('?')), slash = there.find('/', colon);
  const std::string nobody = there.substr(0, colon + 1) + "1" + there.substr(slash);  // port 1
  std::vector<std::string> said;
  PostgresOptions options = run_options(300);
  options.warn = [&](const std::string& text) { said.push_back(text); };
  const auto tried = open_postgres_state(nobody, true, options);
  REQUIRE_FALSE(tried.ok());
  CHECK_THAT(tried.error().text, Catch::EndsWith("; tried again for 300ms"));
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], Catch::EndsWith("(trying again for 300ms)"));
  CHECK_THAT(open_postgres_state(nobody, true).error().text, !Catch::Contains("tried again"));

  // What waiting does not change.
  said.clear();
  options.retry_ns = 3'600'000'000'000;
  const auto missing = open_postgres_state(there.substr(0, slash) + "/no_such_database", true, options);
  REQUIRE_FALSE(missing.ok());
  CHECK(said.empty());
}

TEST_CASE("who is no run does not try a commit in doubt again", "[.postgres]") {
  const std::string direct = new_postgres_place();
  const std::size_t colon = direct.rfind(':', direct.find('?')), slash = direct.find('/', colon);
  CuttingProxy proxy(static_cast<std::uint16_t>(std::stoi(direct.substr(colon + 1, slash - colon - 1))));
  PostgresOptions patient;
  patient.retry_ns = 60'000'000'000;
  Database other = open(direct);
  Database database = open(direct.substr(0, colon + 1) + std::to_string(proxy.port()) + direct.substr(slash), patient);
  proxy.cut_next(CuttingProxy::Cut::kAfter);
  const auto done = in_transaction(database, [&] { return add_model(database, "a"); });
  REQUIRE_FALSE(done.ok());
  CHECK_THAT(done.error().text, Catch::Contains("it is not known whether this was done"));
  CHECK(count(database, "models") == 1);  // and it is connected again
}

TEST_CASE("a transaction that ends the server's process each time is given up", "[.postgres]") {
  PostgresOptions options = run_options(500);
  options.is_run = GENERATE(true, false);
  Database database = open(new_postgres_place(), options);
  int tries = 0;
  const auto done = in_transaction(database, [&]() -> Result<void> {
    ++tries;
    const auto ended = number_of(database, "SELECT pg_terminate_backend(pg_backend_pid())::int");
    return ended ? Result<void>() : ended.error();
  });
  CHECK_FALSE(done.ok());
  CHECK(tries >= 2);
  CHECK(tries < 10);
}

TEST_CASE("a run that finds another's number after a break does not go on", "[.postgres]") {
  const bool writes = GENERATE(true, false);  // who only had the lock may have changed anything
  const std::string place = new_postgres_place();
  Database database = open(place, run_options(60'000)), other = open(place);
  REQUIRE(in_transaction(database, [&] { return add_model(database, "mine"); }).ok());
  cut_run(other);
  {
    Database next = open(place, run_options());
    if (writes) REQUIRE(in_transaction(next, [&] { return add_model(next, "theirs"); }).ok());
  }
  const auto done = in_transaction(database, [&] { return add_model(database, "late"); });
  REQUIRE_FALSE(done.ok());
  CHECK_THAT(done.error().text, Catch::Contains("another run has written to this state"));
  CHECK_FALSE(in_transaction(database, [&] { return add_model(database, "later"); }).ok());
  CHECK_FALSE(add_model(database, "later").ok());
  CHECK(count(other, "models") == (writes ? 2 : 1));
}

TEST_CASE("a state is copied there and back, row by row", "[.postgres]") {
  const TemporaryFolder folder, back;
  Database from = std::move(*open_state_database(folder.path(""), true));
  REQUIRE(in_transaction(from, [&]() -> Result<void> {
    for (int i = 0; i < 12'000; ++i) {
      if (const auto added = add_model(from, fmt::format("é{}", i)); !added) return added;
    }
    return from.execute("INSERT INTO state VALUES ('mine', 1, x'00ff27', x'0102');"
                        "INSERT INTO sources (path, device, inode, head_size, head_hash, tail_size, tail_hash, "
                        "offset, lines, newline_due) VALUES (CAST(x'2fff' AS TEXT), 1, 2, 3, -4, 5, 6, 7, 8, 1);"
                        "DELETE FROM models WHERE n = 3");
  }).ok());
  Database there = open(new_postgres_place()), again = std::move(*open_state_database(back.path(""), true));
  CHECK(*is_empty_state(there));
  const auto copied = copy_state(from, there);
  INFO((copied.ok() ? "" : copied.error().text));
  REQUIRE(copied.ok());
  CHECK(copied->rows == 12'001);
  CHECK_FALSE(*is_empty_state(there));
  CHECK(copy_state(there, again)->rows == 12'001);
  CHECK(*number_of(again, "SELECT count(*) FROM sources WHERE path = CAST(x'2fff' AS TEXT) AND head_hash = -4") == 1);
  REQUIRE(add_model(there, "new").ok());
  CHECK(*number_of(there, "SELECT n FROM models WHERE name = 'new'") == 12'001);
  CHECK_FALSE(copy_state(from, there).ok());
}

namespace {

/// How long a checkpoint takes in the middle of many, ms: each with so many actions, every second an alert, and values
/// kept of as many models.
double checkpoint_ms(const std::string& place, int actions, int models) {
  const auto store = open_store_at(place);
  ModelTable table;
  for (int i = 0; i < models; ++i) table.intern("m" + std::to_string(i), "1.0.0", {});
  std::vector<double> times;
  KnownSource source;
  source.path = "/var/log/events.ndjson";
  for (int round = 0; round < 31; ++round) {
    std::vector<std::string> texts;
    for (int i = 0; i < actions; ++i) {
      texts.push_back(fmt::format("{:08}{:08}", round, i));
      texts.push_back(fmt::format(R"({{"action":"alert","id":"{}","observer":"alert","rule":"low_f1","state":"{}",)"
                                  R"("severity":"warning","pad":"{}"}})",
                                  texts.back(), i % 2 == 0 ? "firing" : "resolved", std::string(300, 'x')));
    }
    const AlertMembers fires = {"low_f1", "firing", "warning", ""};
    Checkpoint checkpoint;
    for (int i = 0; i < actions; ++i) {
      NewAction action;
      action.id = texts[static_cast<std::size_t>(2 * i)];
      action.json = texts[static_cast<std::size_t>(2 * i + 1)];
      action.model = static_cast<std::uint32_t>(i % models + 1);
      action.endpoints = {1};
      if (i % 2 == 0) action.alert = &fires;
      action.observer = "alert", action.type = "alert";
      checkpoint.actions.push_back(action);
    }
    for (int i = 0; i < models; ++i) {
      const auto model = static_cast<std::uint32_t>(i + 1);
      checkpoint.state.push_back({"alert", model, "low_f1", fmt::format("{{\"round\":{}}}", round)});
      Sighting sighting;
      sighting.model = model;
      sighting.metrics_events = 3;
      sighting.last_event_ns = round;
      sighting.f1 = 0.5;
      checkpoint.sightings.push_back(sighting);
    }
    checkpoint.sources = {source};
    const auto begin = std::chrono::steady_clock::now();
    const auto committed = store->commit(checkpoint, table);
    REQUIRE(committed.ok());
    source.row = committed->rows.front();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace

// Says how long; nothing is promised of a machine. Run by name, as core/README.md says.
TEST_CASE("the time of a checkpoint in both stores", "[.checkpoint_time]") {
  for (const auto& [actions, models] : {std::pair{0, 10}, {10, 10}, {100, 100}, {2000, 1000}, {10'000, 1000}}) {
    const TemporaryFolder folder;
    const double sqlite = checkpoint_ms(folder.path(""), actions, models);
    const double postgres = checkpoint_ms(new_postgres_place(), actions, models);
    WARN(fmt::format("{} actions, {} models: SQLite {:.2f} ms, PostgreSQL {:.2f} ms, {:.1f} times", actions, models,
                     sqlite, postgres, postgres / sqlite));
    CHECK(postgres > 0);
  }
}
