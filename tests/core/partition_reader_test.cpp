#include "core/run/partition_reader.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <utility>

#include "core/run/model_homes.h"
#include "core/store/sql_store.h"
#include "tests/core/run_fixture.h"
#include "tests/core/event_line.h"
#include "tests/core/test_state.h"

using namespace mlmon;

namespace {

/// Partitions of the topic "t" in memory. Offsets may have gaps.
class Topic {
 public:
  std::vector<std::map<std::uint64_t, std::string>> partitions;
  std::vector<std::uint64_t> begins;  // what was before them is deleted
  std::vector<std::uint64_t> ends;    // beyond the last record, and perhaps ends of transactions
  std::vector<NamedPlace> noted;
  std::size_t started = 0;

  std::uint64_t begin_of(std::size_t number) const { return number < begins.size() ? begins[number] : 0; }
  std::uint64_t end_of(std::size_t number) const {
    const std::uint64_t behind = partitions[number].empty() ? 0 : partitions[number].rbegin()->first + 1;
    return std::max(behind, number < ends.size() ? ends[number] : 0);
  }
};

class MemoryReader final : public PartitionLog {
 public:
  explicit MemoryReader(Topic& topic) : log_(topic) {}

  const LogNews& take(std::size_t most) override {
    news_.clear();
    for (; found_ < log_.partitions.size(); ++found_) {
      news_.found.push_back({"t", static_cast<std::int32_t>(found_), log_.begin_of(found_), log_.end_of(found_),
                             news_taken_});
    }
    news_.all_found = !std::exchange(news_taken_, true);
    // In turn, as brokers give them.
    for (bool any = true; any && news_.records.size() < most;) {
      any = false;
      for (auto& [partition, place] : places_) {
        auto& records = log_.partitions[place.first];
        const auto next = records.lower_bound(place.second);
        if (next == records.end() || stopped_[partition]) continue;
        news_.records.push_back({{partition, next->first}, next->second});
        place.second = next->first + 1;
        any = true;
      }
    }
    for (auto& [partition, place] : places_) {
      if (stopped_[partition] || told_end_[partition] == log_.end_of(place.first) + 1) continue;
      if (log_.partitions[place.first].lower_bound(place.second) != log_.partitions[place.first].end()) continue;
      told_end_[partition] = log_.end_of(place.first) + 1;
      news_.ends.push_back({partition, log_.end_of(place.first)});
    }
    return news_;
  }
  void start(const std::vector<NamedPlace>& starts) override {
    for (const NamedPlace& start : starts) {
      places_[start.partition] = {static_cast<std::size_t>(start.number), start.offset};
      ++log_.started;
    }
  }
  void stop(std::size_t partition) override { stopped_[partition] = true; }
  void note_places(const std::vector<NamedPlace>& places) override {
    log_.noted.insert(log_.noted.end(), places.begin(), places.end());
  }
  int poll_fd() const override { return -1; }

 private:
  Topic& log_;
  LogNews news_;
  std::size_t found_ = 0;
  bool news_taken_ = false;
  std::map<std::size_t, std::pair<std::size_t, std::uint64_t>> places_;  // number, offset
  std::map<std::size_t, bool> stopped_;
  std::map<std::size_t, std::uint64_t> told_end_;
};

/// What a run reads: "PARTITION@OFFSET:LINE" of each event, those that only some observers get in brackets.
struct Reading {
  std::vector<std::string> events;
  std::vector<Source> sources;
  std::vector<std::string> errors, warnings;
  std::map<std::size_t, SourcePlace> places;  // by source
  bool ended = false;
};

constexpr std::uint64_t kMaxLine = 1 << 20;

Reading read(PartitionReader& reader) {
  Reading reading;
  reader.on_failure = [&](const Error& error) { reading.errors.push_back(error.text); };
  reader.on_warning = [&](const Error& error) { reading.warnings.push_back(error.text); };
  ModelTable models;
  BlockParser parser({}, models, kMaxLine);
  for (;;) {
    Batch batch;
    const RecordSource::Fill fill = reader.next(batch, reading.sources);
    reading.ended = fill == RecordSource::Fill::kEnd;
    if (fill != RecordSource::Fill::kBatch) return reading;
    parser.parse(batch);
    batch.place(0, 0);
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
      std::string event = std::to_string(batch.source_index) + "@" + std::to_string(batch.offset[row]) + ":" +
                          std::to_string(batch.line[row]);
      reading.events.push_back(batch.catch_up ? "(" + event + ")" : event);
    }
    if (!batch.catch_up) reading.places[batch.source_index] = batch.end;
  }
}

Reading read(Topic& topic, KafkaSettings settings = {}, SourceBook* book = nullptr) {
  PartitionReader reader(std::make_unique<MemoryReader>(topic), settings, book, kMaxLine);
  return read(reader);
}

std::string event() { return metrics("\"f1\":0.9"); }

using Texts = std::vector<std::string>;

/// A state with one partition that was read to a place, by one observer perhaps not so far.
struct KnownState {
  KnownState(SourcePlace place, std::optional<SourcePlace> own = std::nullopt) {
    SourceBook book(*store, {"a", "b"}, false, clock);
    auto booked = book.begin("kafka://t/0", place);
    if (own) booked->known.own["b"] = *own;
    Checkpoint checkpoint;
    checkpoint.sources.push_back(booked->known);
    REQUIRE(store->commit(checkpoint, models));
  }
  SourceBook book() { return SourceBook(*store, {"a", "b"}, false, clock); }

  std::unique_ptr<Store> store = open_test_store();
  ModelTable models;
  FakeClock clock;
};

}  // namespace

TEST_CASE("all partitions are read up to where they ended when they were found") {
  Topic topic;
  topic.partitions = {{{0, event()}, {1, event()}}, {}, {{5, event()}}};
  const Reading reading = read(topic);
  CHECK(reading.ended);
  CHECK(reading.events == Texts{"0@0:1", "0@1:1", "2@5:1"});
  REQUIRE(reading.sources.size() == 3);
  CHECK(reading.sources[2].count.source == "kafka://t/2");
  CHECK(reading.places.at(0).offset == 2);
  CHECK(reading.places.at(2).offset == 6);
}

TEST_CASE("what comes behind the end is for the next run, and with follow for this one") {
  for (const bool follow : {false, true}) {
    Topic topic;
    topic.partitions = {{{0, event()}}};
    KafkaSettings settings;
    settings.follow = follow;
    PartitionReader reader(std::make_unique<MemoryReader>(topic), settings, nullptr, kMaxLine);
    Reading first = read(reader);
    CHECK(reader.caught_up());
    topic.partitions[0][1] = event();
    std::vector<Source> sources = std::move(first.sources);
    Batch batch;
    CHECK(reader.next(batch, sources) == (follow ? RecordSource::Fill::kBatch : RecordSource::Fill::kEnd));
    CHECK(reader.ended() == !follow);
  }
}

TEST_CASE("the place goes behind ends of transactions, which nobody is given") {
  Topic topic;
  topic.partitions = {{{0, event()}, {3, event()}}};
  topic.ends = {7};
  const Reading reading = read(topic);
  CHECK(reading.events == Texts{"0@0:1", "0@3:1"});
  CHECK(reading.places.at(0).offset == 7);
  CHECK(reading.ended);
}

TEST_CASE("a partition goes on where the state has it") {
  KnownState state({1, 0, false});
  Topic topic;
  topic.partitions = {{{0, event()}, {1, event()}, {2, event()}}};
  SourceBook book = state.book();
  const Reading reading = read(topic, {}, &book);
  CHECK(reading.events == Texts{"0@1:1", "0@2:1"});
  CHECK(reading.sources[0].count.from_offset == 1);
  CHECK(reading.sources[0].booked->known.row != 0);
}

TEST_CASE("an observer that was stopped inside of a record gets the rest of it, before all others go on") {
  KnownState state({3, 0, false}, SourcePlace{1, 1, false});
  Topic topic;
  topic.partitions = {{{0, event()}, {1, event() + "\n" + event()}, {2, event()}, {3, event()}}};
  SourceBook book = state.book();
  const Reading reading = read(topic, {}, &book);
  // Line 1 of record 1 is left out where it is handed out.
  CHECK(reading.events == Texts{"(0@1:1)", "(0@1:2)", "(0@2:1)", "0@3:1"});
  REQUIRE(reading.sources[0].booked->from.size() == 2);
  CHECK(reading.sources[0].booked->from[1].lines == 1);
}

TEST_CASE("a place inside of a record, where a run stopped at a bad line, is gone on from") {
  KnownState state({1, 1, false}, SourcePlace{1, 0, false});
  Topic topic;
  topic.partitions = {{{1, event() + "\n" + event() + "\n" + event()}}};
  SourceBook book = state.book();
  CHECK(read(topic, {}, &book).events == Texts{"(0@1:1)", "0@1:2", "0@1:3"});
  KnownState without({1, 1, false});
  SourceBook other = without.book();
  CHECK(read(topic, {}, &other).events == Texts{"0@1:2", "0@1:3"});
}

TEST_CASE("a partition that ends before its place was made anew: it is named and left alone") {
  KnownState state({9, 0, false});
  Topic topic;
  topic.partitions = {{{0, event()}, {1, event()}}, {{0, event()}}};
  SourceBook book = state.book();
  const Reading reading = read(topic, {}, &book);
  CHECK(reading.ended);
  CHECK(reading.events == Texts{"0@0:1"});
  CHECK(reading.sources[0].count.source == "kafka://t/1");
  REQUIRE(reading.errors.size() == 1);
  CHECK(reading.errors[0].find("kafka://t/0: was read up to record 9, but ends at 2") == 0);
  CHECK(reading.errors[0].find("--from-start") != std::string::npos);

  KafkaSettings settings;
  settings.from_start = true;
  const Reading again = read(topic, settings, &book);
  CHECK(again.errors.empty());
  CHECK(again.events == Texts{"0@0:1", "0@1:1", "1@0:1"});
}

TEST_CASE("a partition that is followed may say for a while that it ends before its place") {
  KnownState state({9, 0, false});
  Topic topic;
  topic.partitions = {{{0, event()}, {1, event()}}};
  SourceBook book = state.book();
  KafkaSettings settings;
  settings.follow = true;
  PartitionReader reader(std::make_unique<MemoryReader>(topic), settings, &book, kMaxLine);
  const Reading early = read(reader);
  CHECK(early.errors.empty());
  CHECK(early.events.empty());
  CHECK_FALSE(early.ended);
  topic.partitions[0][8] = topic.partitions[0][9] = event();
  CHECK(read(reader).events == Texts{"0@9:1"});
}

TEST_CASE("records that were deleted before they were read are told of") {
  KnownState state({2, 0, false});
  Topic topic;
  topic.partitions = {{{5, event()}}};
  topic.begins = {5};
  SourceBook book = state.book();
  const Reading reading = read(topic, {}, &book);
  CHECK(reading.events == Texts{"0@5:1"});
  REQUIRE(reading.warnings.size() == 1);
  CHECK(reading.warnings[0].find("kafka://t/0: records 2 to 4 were deleted before they were read") == 0);
}

TEST_CASE("from the latest: the place is kept though nothing comes") {
  KnownState state({0, 0, false});
  Topic topic;
  topic.partitions = {{{0, event()}}, {{0, event()}, {1, event()}}};
  KafkaSettings settings;
  settings.from_latest = true;
  SourceBook book = state.book();
  const Reading reading = read(topic, settings, &book);
  CHECK(reading.events == Texts{"0@0:1"});  // which the state knows
  REQUIRE(reading.places.contains(1));
  CHECK(reading.places.at(1).offset == 2);
  CHECK(reading.ended);
}

TEST_CASE("a partition that was added during the run is read from its beginning") {
  Topic topic;
  topic.partitions = {{}};
  KafkaSettings settings;
  settings.follow = settings.from_latest = true;
  PartitionReader reader(std::make_unique<MemoryReader>(topic), settings, nullptr, kMaxLine);
  std::vector<Source> sources = read(reader).sources;
  topic.partitions.push_back({{0, event()}});
  Batch batch;
  REQUIRE(reader.next(batch, sources) == RecordSource::Fill::kBatch);
  CHECK(batch.source_index == 1);
  CHECK(batch.records.size() == 1);
}

TEST_CASE("the log hears of the places of checkpoints, each once") {
  KnownState state({0, 0, false});
  Topic topic;
  topic.partitions = {{{0, event()}}};
  SourceBook book = state.book();
  PartitionReader reader(std::make_unique<MemoryReader>(topic), {}, &book, kMaxLine);
  const Reading reading = read(reader);
  reader.committed(reading.sources);
  CHECK(topic.noted.empty());
  reading.sources[0].booked->committed = SourcePlace{1, 0, false};
  reader.committed(reading.sources);
  reader.committed(reading.sources);
  REQUIRE(topic.noted.size() == 1);
  CHECK(topic.noted[0].offset == 1);
}

TEST_CASE("a large topic comes in blocks of bounded size") {
  Topic topic;
  topic.partitions = {{}};
  for (std::uint64_t i = 0; i < 20'000; ++i) topic.partitions[0][i] = event();
  PartitionReader reader(std::make_unique<MemoryReader>(topic), {}, nullptr, kMaxLine);
  std::vector<Source> sources;
  std::uint64_t records = 0;
  for (;;) {
    Batch batch;
    if (reader.next(batch, sources) != RecordSource::Fill::kBatch) break;
    CHECK(batch.block.size < 256 * 1024 + 4096);
    records += batch.records.size();
  }
  CHECK(records == 20'000);
}

TEST_CASE("a model belongs into one partition: elsewhere its events are misplaced") {
  ModelTable models;
  ModelHomes homes(models);
  const auto batch_of = [&](std::size_t source, const std::vector<std::string>& names) {
    Batch batch;
    batch.source_index = source;
    for (const std::string& name : names) batch.model.push_back(models.intern(name, "1.0.0", {}));
    return batch;
  };
  Texts told;
  const auto tell = [&](const std::string& model, std::size_t home) {
    told.push_back(model + " of " + std::to_string(home));
  };
  CHECK(homes.count_misplaced(batch_of(0, {"a", "b"}), tell) == 0);
  CHECK(homes.count_misplaced(batch_of(1, {"a", "a", "c"}), tell) == 2);
  CHECK(homes.count_misplaced(batch_of(1, {"a", "b", "c"}), tell) == 2);
  CHECK(homes.count_misplaced(batch_of(0, {"a", "c"}), tell) == 1);
  CHECK(told == Texts{"a of 0", "b of 0", "c of 1"});
  // By its name: another version of it needs the same order.
  Batch other;
  other.source_index = 1;
  other.model = {models.intern("b", "2.0.0", {})};
  CHECK(homes.count_misplaced(other, tell) == 1);
  CHECK(told.size() == 3);
}
