#include "core/store/state_schema.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "core/store/sql_store.h"
#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void execute(const std::string& path, const char* sql) {
  auto database = Database::open(path, true);
  REQUIRE(database.ok());
  REQUIRE(database->execute(sql).ok());
}

/// The error of opening, in which the database must be named; it stays as it is.
std::string refusal(const TemporaryFolder& folder) {
  const std::string path = folder.path("state.db");
  const std::string before = content(path);
  for (const bool create : {false, true}) {
    const auto opened = open_state_database(folder.path(""), create);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().text.find("state.db") != std::string::npos);
    CHECK(content(path) == before);
    CHECK_FALSE(open_state_store(folder.path("")).ok());
    CHECK_FALSE(open_copy_store(folder.path("")).ok());
    CHECK(content(path) == before);
  }
  return open_state_database(folder.path(""), true).error().text;
}

}  // namespace

TEST_CASE("a database is made once, and opened from there on") {
  const TemporaryFolder folder;
  REQUIRE(open_state_database(folder.path(""), true).ok());
  {
    auto database = open_state_database(folder.path(""), true);
    REQUIRE(database.ok());
    CHECK(database->execute("INSERT INTO meta VALUES ('x', 7)").ok());
  }
  auto again = open_state_database(folder.path(""), false);
  REQUIRE(again.ok());
  auto select = again->prepare("SELECT value FROM meta WHERE key = 'x'");
  REQUIRE(select.ok());
  REQUIRE(*select->step());
  CHECK(select->integer(0) == 7);
}

TEST_CASE("one that is to be there and is not is an error, and is not made") {
  const TemporaryFolder folder;
  CHECK_FALSE(open_state_database(folder.path(""), false).ok());
  CHECK_FALSE(std::filesystem::exists(folder.path("state.db")));
  CHECK_FALSE(open_state_database(folder.path("none"), true).ok());
}

TEST_CASE("an empty file is a new database: a run that was killed may have left it") {
  const TemporaryFolder folder;
  folder.write("state.db", "");
  CHECK(open_state_store(folder.path("")).ok());
}

TEST_CASE("a database of version 1 is taken over with all that it holds") {
  const TemporaryFolder folder;
  const std::string path = folder.path("state.db");
  execute(path, content(MLMON_TEST_DATA "/state-version-1.sql").c_str());
  execute(path,
          "INSERT INTO actions VALUES (1, 'a', '{}'); INSERT INTO endpoints VALUES (4, 'alert.ops');"
          "INSERT INTO outbox (action, endpoint) VALUES (1, 4);"
          "INSERT INTO jobs (n, id, model, status) VALUES (1, 'a', 1, 'done');");
  for (int run = 0; run < 2; ++run) {
    const auto store = open_state_store(folder.path(""));
    REQUIRE(store.ok());
    CHECK(*(*store)->endpoint_number("alert.ops") == 4);
    CHECK((*store)->pacing(4).ok());
    CHECK((*store)->due(4, 0, 10)->size() == 1);
    CHECK(*(*store)->has_ended("a", false));
  }
}

TEST_CASE("ends of version 2 were told when their source stood where it says") {
  const TemporaryFolder folder;
  const std::string path = folder.path("state.db");
  execute(path, content(MLMON_TEST_DATA "/state-version-2.sql").c_str());
  execute(path,
          "INSERT INTO sources VALUES (5, 'a', 1, 2, 3, 4, 5, 6, 700, 8, 0);"
          "INSERT INTO journal (source, offset, job, json) VALUES (5, 300, 'a', '{}'), (0, 0, 'b', '{}');");
  for (int run = 0; run < 2; ++run) {
    const auto store = std::move(*open_state_store(folder.path("")));
    const auto journal = store->journal();
    REQUIRE(journal.ok());
    REQUIRE(journal->size() == 2);
    CHECK(journal->at(1).job == "b");
    const auto places = store->told_places(5);
    REQUIRE(places.ok());
    REQUIRE(places->size() == 2);
    CHECK(places->at(0).entry == journal->at(0).number);
    CHECK(places->at(0).offset == 300);
    CHECK(places->at(1).offset == 700);
    const auto named = store->named_sources();
    REQUIRE(named.ok());
    CHECK(named->at(0).path == "a");
  }
}

TEST_CASE("a database of version 3 is taken over with all that it holds") {
  const TemporaryFolder folder;
  const std::string path = folder.path("state.db");
  execute(path, content(MLMON_TEST_DATA "/state-version-3.sql").c_str());
  execute(path,
          "INSERT INTO models VALUES (1, 'm', '1.0.0', 0, 0); INSERT INTO state VALUES ('alert', 1, 'key', 'kept');"
          "INSERT INTO state VALUES ('alert', 0, 'all', 'of all'); INSERT INTO actions VALUES (1, 'a', '{}');");
  for (int run = 0; run < 2; ++run) {
    const auto store = std::move(*open_state_store(folder.path("")));
    ModelTable models;
    std::vector<std::string> kept;
    REQUIRE(store->load_state("alert", models, 0, [&](auto, auto, std::string_view value) { kept.emplace_back(value); })
                .ok());
    CHECK(kept.size() == 2);
    CHECK(store->unwritten(0, 10)->size() == 1);
    CHECK(store->commit({}, models).ok());
  }
}

TEST_CASE("a dry run takes nothing over") {
  const TemporaryFolder folder;
  const std::string path = folder.path("state.db");
  execute(path, content(MLMON_TEST_DATA "/state-version-1.sql").c_str());
  const auto store = open_copy_store(folder.path(""));
  REQUIRE(store.ok());
  CHECK((*store)->pacing(1).ok());
  auto database = Database::open(path, false);
  auto version = database->prepare("PRAGMA user_version");
  REQUIRE(*version->step());
  CHECK(version->integer(0) == 1);
}

TEST_CASE("one of a newer version is refused with both numbers") {
  const TemporaryFolder folder;
  REQUIRE(open_state_database(folder.path(""), true).ok());
  execute(folder.path("state.db"), "PRAGMA user_version = 99");
  const std::string error = refusal(folder);
  CHECK(error.find("newer") != std::string::npos);
  CHECK(error.find("99") != std::string::npos);
}

TEST_CASE("somebody else's database is refused, also one without tables") {
  const TemporaryFolder with_tables, without;
  execute(with_tables.path("state.db"), "CREATE TABLE theirs (a)");
  refusal(with_tables);
  execute(without.path("state.db"), "PRAGMA application_id = 5");
  refusal(without);
}

TEST_CASE("what is no database is refused") {
  const TemporaryFolder folder;
  for (const std::string& text : {std::string(100, 'x'), std::string(9000, '\0')}) {
    folder.write("state.db", text);
    refusal(folder);
  }
}
