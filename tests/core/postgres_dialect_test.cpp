#include "core/store/postgres_dialect.h"

#include <catch2/catch.hpp>

#include "core/store/postgres_value.h"

using namespace mlmon;

TEST_CASE("parameters are numbered in their order, or as they say") {
  CHECK(postgres_sql("SELECT ?, ?") == "SELECT $1, $2");
  CHECK(postgres_sql("SELECT ?2, ?1, ?10") == "SELECT $2, $1, $10");
  CHECK(postgres_sql("unnest(?::text[])") == "unnest($1::text[])");
}

TEST_CASE("what stands in a text or within another word is left alone") {
  CHECK(postgres_sql("SELECT '? left json ->', offsets, leftover") == "SELECT '? left json ->', offsets, leftover");
  CHECK(postgres_sql("SELECT 'it''s ?', ?") == "SELECT 'it''s ?', $1");
  CHECK(postgres_sql("SELECT 'open") == "SELECT 'open");
}

TEST_CASE("columns that are words of its grammar are quoted, its own words are not") {
  CHECK(postgres_sql("SELECT o.offset, r.left FROM r LEFT JOIN o") ==
        "SELECT o.\"offset\", r.\"left\" FROM r LEFT JOIN o");
}

TEST_CASE("a text is made JSON where a member is taken out of it, but for NUL characters") {
  CHECK(postgres_sql("a.json ->> 'x', b.json -> 'm' ->> 'n', a.json") ==
        "replace(a.json::text, '\\u0000', '\\ufffd')::json ->> 'x', "
        "replace(b.json::text, '\\u0000', '\\ufffd')::json -> 'm' ->> 'n', a.json");
  CHECK(postgres_sql("SELECT json ->> 'x'") == "SELECT replace(json::text, '\\u0000', '\\ufffd')::json ->> 'x'");
}

TEST_CASE("advice to SQLite's planner is left out") {
  CHECK(postgres_sql("FROM outbox o INDEXED BY outbox_due WHERE") == "FROM outbox o  WHERE");
  CHECK(postgres_sql("FROM a CROSS JOIN b ON b.n = a.n") == "FROM a JOIN b ON b.n = a.n");
}

TEST_CASE("a text for PostgreSQL is UTF-8 without NUL, and otherwise as it was") {
  std::string room;
  const std::string plain = "abc", accents = "dé \xF0\x9F\x98\x80";
  CHECK(postgres_text(plain, room).data() == plain.data());
  CHECK(postgres_text(accents, room).data() == accents.data());
  CHECK(postgres_text(std::string_view("a\0b", 3), room) == "a\xEF\xBF\xBD" "b");
  CHECK(postgres_text("a\xFFz\xC3", room) == "a\xEF\xBF\xBDz\xEF\xBF\xBD");
  CHECK(postgres_text("", room).empty());
}

TEST_CASE("numbers are read off PostgreSQL's types, and off texts as SQLite does it") {
  constexpr unsigned kBool = 16, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25;
  CHECK(postgres_integer(kBool, std::string_view("\1", 1)) == 1);
  CHECK(postgres_integer(kInt2, std::string_view("\xFF\xFE", 2)) == -2);
  CHECK(postgres_integer(kInt4, std::string_view("\0\0\1\0", 4)) == 256);
  CHECK(postgres_integer(kInt8, std::string_view("\x80\0\0\0\0\0\0\0", 8)) == INT64_MIN);
  CHECK(postgres_integer(kText, "42x") == 42);
  CHECK(postgres_integer(kText, "x") == 0);
}

TEST_CASE("an array has its elements in the binary format of PostgreSQL") {
  PostgresArray numbers;
  numbers.add(std::int64_t{-1});
  numbers.add(std::int64_t{258});
  using std::string_view_literals::operator""sv;
  CHECK(numbers.bytes() == "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\2\0\0\0\1"
                           "\0\0\0\x8\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                           "\0\0\0\x8\0\0\0\0\0\0\1\2"sv);
  CHECK(numbers.type() == 1016);
  numbers.clear();
  numbers.add(std::int64_t{7});
  CHECK(numbers.bytes().size() == 32);
  PostgresArray bytes;
  bytes.add(Bytes{"\0\xFF"sv});
  CHECK(bytes.type() == 1001);
  CHECK(bytes.bytes().substr(20) == "\0\0\0\2\0\xFF"sv);
}
