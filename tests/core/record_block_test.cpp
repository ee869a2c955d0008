#include "core/event/record_block.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/event/block_parser.h"
#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

constexpr std::uint64_t kMaxLine = 1 << 20;

std::string event_line() { return metrics("\"f1\":0.9"); }

struct Record {
  std::uint64_t offset;
  std::string value;
  RecordLines lines = {};
};

/// The records of a block as they are parsed and placed.
Batch parsed(const std::vector<Record>& records, std::uint64_t max_line = kMaxLine) {
  Batch batch;
  batch.of_log = true;
  for (const Record& record : records) {
    append_record(batch, record.offset, record.value, max_line, record.lines);
  }
  ModelTable models;
  BlockParser parser({}, models, max_line);
  parser.parse(batch);
  batch.place(1000, 0);  // lines of a log are counted in each record
  return batch;
}

}  // namespace

TEST_CASE("a record's value is one line, or some") {
  const std::string a = event_line(), b = event_line();
  const Batch batch = parsed({{7, a}, {9, a + "\n" + b + "\n\n" + a}, {12, b + "\n"}});
  CHECK(batch.lines == 6);
  CHECK(batch.empty == 1);
  CHECK(batch.bad.empty());
  CHECK(batch.offset == std::vector<std::uint64_t>{7, 9, 9, 9, 12});
  CHECK(batch.line == std::vector<std::uint64_t>{1, 1, 2, 4, 1});
}

TEST_CASE("a tombstone is an empty line") {
  const Batch batch = parsed({{0, ""}, {1, event_line()}, {2, ""}});
  CHECK(batch.lines == 3);
  CHECK(batch.empty == 2);
  CHECK(batch.offset == std::vector<std::uint64_t>{1});
}

TEST_CASE("a bad line is told by its record and its line there") {
  const Batch batch = parsed({{3, event_line()}, {5, event_line() + "\nno event"}, {6, "{"}});
  REQUIRE(batch.bad.size() == 2);
  CHECK(batch.bad[0].line == 2);
  CHECK(batch.offset_at(batch.bad[0].at) == 5);
  CHECK(batch.bad[1].line == 1);
  CHECK(batch.offset_at(batch.bad[1].at) == 6);
  // A record is whole: nothing was cut off.
  CHECK(batch.bad[1].reason == BadReason::kInvalidJson);
}

TEST_CASE("the place before a bad line is in its record") {
  Batch batch;
  batch.of_log = true;
  append_record(batch, 3, event_line(), kMaxLine);
  append_record(batch, 5, event_line() + "\n" + event_line() + "\nno event\n" + event_line(), kMaxLine);
  append_record(batch, 6, event_line(), kMaxLine);
  ModelTable models;
  BlockParser parser({}, models, kMaxLine);
  parser.parse(batch);
  batch.cut_at_first_bad();
  const SourcePlace place = batch.place_before(batch.bad.front());
  CHECK(place.offset == 5);
  CHECK(place.lines == 2);
  CHECK(batch.rows() == 3);
  CHECK(batch.lines == 4);
}

TEST_CASE("only some lines of a record") {
  const std::string two = event_line() + "\nbad\n" + event_line();
  const Batch rest = parsed({{5, two, {1}}});
  CHECK(rest.lines == 2);
  REQUIRE(rest.bad.size() == 1);
  CHECK(rest.bad[0].line == 2);
  CHECK(rest.line == std::vector<std::uint64_t>{3});
  const Batch first = parsed({{5, two, {0, 1}}});
  CHECK(first.lines == 1);
  CHECK(first.rows() == 1);
  Batch none;
  CHECK_FALSE(append_record(none, 5, two, kMaxLine, {3}));
  CHECK_FALSE(append_record(none, 5, "", kMaxLine, {1}));
  CHECK(none.block.size == 0);
}

TEST_CASE("a line that is too long is a bad one, its neighbours are read") {
  const std::string good = event_line();
  const std::uint64_t max_line = good.size();
  Batch batch = parsed({{0, good}, {1, good + "\n" + std::string(max_line + 1, 'x') + "\n" + good}, {2, good}}, max_line);
  CHECK(batch.rows() == 4);
  REQUIRE(batch.bad.size() == 1);
  CHECK(batch.bad[0].reason == BadReason::kLineTooLong);
  CHECK(batch.bad[0].line == 2);
  CHECK(batch.bad[0].size == max_line);
  ModelTable models;
  BlockParser parser({}, models, max_line);
  CHECK(parser.explain(batch, batch.bad[0]).detail.find(std::to_string(max_line + 1)) != std::string::npos);
}

TEST_CASE("a byte order mark at the start of a value does not count") {
  const Batch batch = parsed({{0, "\xef\xbb\xbf" + event_line()}, {1, event_line()}});
  CHECK(batch.rows() == 2);
  CHECK(batch.bad.empty());
}
