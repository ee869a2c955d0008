#include "core/store/row_writers.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/store/database.h"
#include "core/store/query.h"

using namespace mlmon;

namespace {

/// A table of pairs, and what writes them.
struct Pairs {
  Pairs() {
    REQUIRE(database->execute("CREATE TABLE pairs (n INTEGER UNIQUE, text TEXT)"));
    auto made = database->group_writer("INSERT INTO pairs (n, text) VALUES (?, ?) ON CONFLICT DO NOTHING", "");
    REQUIRE(made);
    writer = std::move(*made);
  }

  std::vector<std::string> all() {
    std::vector<std::string> rows;
    REQUIRE(each_row_of(*database, "SELECT n, text FROM pairs ORDER BY rowid", [&](const Statement& row) {
      rows.push_back(std::to_string(row.integer(0)) + std::string(row.text(1)));
    }));
    return rows;
  }

  Result<Database> database = Database::open_temporary();
  std::unique_ptr<RowWriter> writer;
};

}  // namespace

TEST_CASE("rows that are written a few at a time are all there, in order, however many") {
  for (const int count : {0, 1, 31, 32, 33, 64, 100}) {
    Pairs pairs;
    std::vector<std::string> wanted;
    for (int i = 0; i < count; ++i) {
      const std::string text = i % 3 == 0 ? "" : std::string(static_cast<std::size_t>(i), 'x') + '\0' + "y";
      REQUIRE(pairs.writer->add(std::int64_t{i}, std::string_view(text)));
      wanted.push_back(std::to_string(i) + text);
    }
    REQUIRE(pairs.writer->flush());
    CHECK(pairs.all() == wanted);
    REQUIRE(pairs.writer->flush());
    CHECK(pairs.all() == wanted);
  }
}

TEST_CASE("of rows that are there already, in a group or before it, none is written") {
  Pairs pairs;
  for (const std::int64_t n : {7, 8}) REQUIRE(pairs.writer->add(n, std::string_view("old")));
  REQUIRE(pairs.writer->flush());
  for (std::int64_t i = 0; i < 40; ++i) REQUIRE(pairs.writer->add(i / 2, std::string_view("new")));
  REQUIRE(pairs.writer->flush());
  const std::vector<std::string> rows = pairs.all();
  CHECK(rows.size() == 20);
  CHECK(rows[0] == "7old");
  CHECK(rows[2] == "0new");
}

TEST_CASE("rows of a transaction that failed are forgotten") {
  Pairs pairs;
  for (std::int64_t i = 0; i < 5; ++i) REQUIRE(pairs.writer->add(i, std::string_view("lost")));
  pairs.writer->begin();
  for (std::int64_t i = 0; i < 40; ++i) REQUIRE(pairs.writer->add(100 + i, std::string_view("kept")));
  REQUIRE(pairs.writer->flush());
  CHECK(pairs.all().size() == 40);
  CHECK(pairs.all()[0] == "100kept");
}
