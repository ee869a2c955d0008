#include "core/run/late_events.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/event/block_parser.h"
#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

std::string at(const std::string& hour, const std::string& of_model = kModel, const std::string& type = "metrics") {
  const std::string time = "\"2026-02-01T" + hour + ":00:00Z\"";
  if (type == "metrics") return of_type(type, "\"f1\":0.5,\"captured_at\":" + time, of_model) + "\n";
  if (type == "drift") return of_type(type, "\"p_value\":0.5,\"detected_at\":" + time, of_model) + "\n";
  return of_type(type, R"("job":"J)" + hour + R"(","status":"done","at":)" + time, of_model) + "\n";
}

/// Batches of lines on their way through LateEvents.
struct Reading {
  explicit Reading(bool skip) : late(skip) {}

  /// The hours of the events that are left.
  std::vector<std::int64_t> hours(const std::string& lines) {
    batch = {};
    batch.block.buffer.assign(lines.begin(), lines.end());
    batch.block.buffer.resize(lines.size() + RawBlock::kPadding);
    batch.block.size = lines.size();
    parser.parse(batch);
    count = late.take_out(batch);
    std::vector<std::int64_t> hours;
    for (const std::int64_t ns : batch.time_ns) hours.push_back(ns / 3'600'000'000'000 % 24);
    return hours;
  }

  ModelTable models;
  BlockParser parser{{}, models, 1 << 20};
  LateEvents late;
  Batch batch;
  std::uint64_t count = 0;
};

using Hours = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("an event older than the newest of its model and type is late") {
  Reading reading(false);
  CHECK(reading.hours(at("08") + at("09") + at("07") + at("09") + at("08")) == Hours{8, 9, 7, 9, 8});
  CHECK(reading.count == 2);
  CHECK(reading.hours(at("08") + at("10")) == Hours{8, 10});
  CHECK(reading.count == 1);
  reading.hours(at("01", model("other")) + at("02", kModel, "drift") + at("01", kModel, "job"));
  CHECK(reading.count == 0);
}

TEST_CASE("late events leave their batch where they are to be skipped") {
  Reading reading(true);
  CHECK(reading.hours(at("08") + at("07") + at("09")) == Hours{8, 9});
  CHECK(reading.count == 1);
  CHECK(reading.batch.lines == 3);
  CHECK(reading.batch.line == std::vector<std::uint64_t>{1, 3});
  CHECK(reading.batch.block.text().substr(reading.batch.raw_off[1]) == at("09"));
  CHECK(reading.hours(at("08") + at("08")) == Hours{});
  CHECK(reading.count == 2);
}

TEST_CASE("the end of a job is never skipped") {
  Reading reading(true);
  CHECK(reading.hours(at("09", kModel, "job") + at("08", kModel, "job") + at("09") + at("08") + at("07", kModel, "job")) ==
        Hours{9, 8, 9, 7});
  CHECK(reading.count == 3);
  REQUIRE(reading.batch.jobs.size() == 3);
  CHECK(reading.batch.jobs[1].job == "J08");
  CHECK(reading.batch.jobs[2].row == 3);
}

TEST_CASE("what an earlier run saw counts") {
  Reading reading(true);
  REQUIRE(reading.hours(at("05")) == Hours{5});
  const std::int64_t six = reading.batch.time_ns[0] + 3'600'000'000'000;
  reading.late.know(reading.batch.model[0], six, INT64_MIN);
  CHECK(reading.hours(at("05") + at("06") + at("04", kModel, "drift")) == Hours{6, 4});
}
