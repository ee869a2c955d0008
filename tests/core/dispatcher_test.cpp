#include "core/run/dispatcher.h"

#include <catch2/catch.hpp>

#include "core/event/block_parser.h"
#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

/// Observers that could not be started, so that what they get shows in `missed`, and two that run:
/// tests of queues are those of ObserverHost.
class Dispatching {
 public:
  explicit Dispatching(std::vector<std::vector<std::string>> globs) {
    for (std::vector<std::string>& list : globs) {
      PipelineObserver observer;
      observer.name = std::to_string(observers.size());
      observer.subscription =
          std::make_unique<Subscription>(GlobList(std::move(list)), std::vector<std::uint32_t>{},
                                         models);
      observers.push_back(std::move(observer));
    }
  }

  /// Gives an observer a queue of so many events.
  ObserverHost& start(std::size_t i, std::uint32_t capacity) {
    ObserverSetup setup;
    setup.name = observers[i].name;
    setup.library = load_bad_plugin("well_behaved");
    setup.config = R"({"number":50})";
    setup.capacity = capacity;
    observers[i].host = std::make_unique<ObserverHost>(std::move(setup), models, log_, [] {});
    REQUIRE(observers[i].host->start().ok());
    return *observers[i].host;
  }

  std::shared_ptr<Batch> batch(const std::string& text) {
    BlockParser parser({}, models, 1 << 20);
    auto result = std::make_shared<Batch>();
    result->block.buffer.assign(text.begin(), text.end());
    result->block.buffer.resize(text.size() + RawBlock::kPadding);
    result->block.size = text.size();
    parser.parse(*result);
    result->source = std::make_shared<const std::string>("a");
    result->place(0, seq_);
    seq_ += result->rows();
    return result;
  }

  std::vector<std::uint64_t> missed() const {
    std::vector<std::uint64_t> counts;
    for (const PipelineObserver& observer : observers) counts.push_back(observer.missed);
    return counts;
  }

  std::vector<PipelineObserver> observers;
  ModelTable models;

 private:
  MemoryLog log_;
  std::uint64_t seq_ = 0;
};

std::shared_ptr<BookedSource> source_from(const std::vector<std::uint64_t>& offsets) {
  auto source = std::make_shared<BookedSource>();
  for (const std::uint64_t offset : offsets) source->from.push_back({offset, 0, false});
  return source;
}

using Counts = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("each observer gets what it subscribed to, and each piece is done once, in order") {
  Dispatching all({{"*"}, {"m1"}, {"none"}});
  Dispatcher dispatcher(all.observers, all.models, {});
  CHECK(dispatcher.empty());
  CHECK_FALSE(dispatcher.step());
  const auto batch = all.batch(event_lines(30, 2, 3));
  dispatcher.add({batch, 0, 10, false, nullptr});
  dispatcher.add({batch, 10, 30, true, nullptr});
  CHECK(dispatcher.step());
  auto done = dispatcher.take_done();
  REQUIRE(done);
  CHECK(done->end == 10);
  CHECK_FALSE(dispatcher.take_done());
  CHECK(dispatcher.step());
  done = dispatcher.take_done();
  REQUIRE(done);
  CHECK(done->first == 10);
  CHECK(dispatcher.empty());
  CHECK(all.missed() == Counts{30, 10, 0});
}

TEST_CASE("an observer that has seen a part of a piece gets only the rest") {
  Dispatching all({{"*"}, {"*"}, {"*"}, {"*"}});
  Dispatcher dispatcher(all.observers, all.models, {});
  const auto batch = all.batch(event_lines(10, 2));
  const std::uint64_t behind = batch->offset[9] + 1;
  dispatcher.add({batch, 0, 10, true, source_from({0, batch->offset[4], batch->offset[4] + 1, behind})});
  CHECK(dispatcher.step());
  CHECK(dispatcher.take_done());
  CHECK(all.missed() == Counts{10, 6, 5, 0});
}

TEST_CASE("what the host makes, and what only catches up, is in no account") {
  Dispatching all({{"*"}});
  Dispatcher dispatcher(all.observers, all.models, {});
  const auto made = all.batch(event_lines(5, 2)), late = all.batch(event_lines(5, 2));
  made->host_made = true;
  late->catch_up = true;
  dispatcher.add({made, 0, 5, true, source_from({1'000'000})});
  dispatcher.add({late, 0, 5, true, source_from({0})});
  while (dispatcher.step()) dispatcher.take_done();
  CHECK(dispatcher.empty());
  CHECK(all.missed() == Counts{0});
}

TEST_CASE("a full queue holds up the next piece, not the others within this one") {
  Dispatching all({{"*"}, {"*"}});
  ObserverHost& slow = all.start(1, 4);
  Dispatcher dispatcher(all.observers, all.models, {});
  const auto batch = all.batch(event_lines(40, 50));
  dispatcher.add({batch, 0, 20, false, nullptr});
  dispatcher.add({batch, 20, 40, true, nullptr});
  CHECK(dispatcher.step());
  CHECK(all.missed()[0] == 20);  // the first observer has all of the first piece at once
  CHECK_FALSE(dispatcher.take_done());
  std::vector<std::uint32_t> ends;
  while (!dispatcher.empty()) {
    if (!dispatcher.step()) std::this_thread::yield();
    if (const auto done = dispatcher.take_done()) ends.push_back(done->end);
  }
  CHECK(ends == std::vector<std::uint32_t>{20, 40});
  CHECK(all.missed()[0] == 40);
  slow.finish();
  CHECK(slow.counts().observed == 40);
}

TEST_CASE("a piece without rows is done like any other") {
  Dispatching all({{"*"}});
  Dispatcher dispatcher(all.observers, all.models, {});
  dispatcher.add({all.batch("\n\n"), 0, 0, true, nullptr});
  CHECK(dispatcher.step());
  CHECK(dispatcher.take_done());
  CHECK(dispatcher.empty());
}

TEST_CASE("what is given up has been dropped, and nothing is left") {
  Dispatching all({{"*"}, {"m1"}});
  Dispatcher dispatcher(all.observers, all.models, {});
  const auto batch = all.batch(event_lines(30, 2, 3));
  dispatcher.add({batch, 0, 15, false, nullptr});
  dispatcher.add({batch, 15, 30, true, nullptr});
  dispatcher.give_up();
  CHECK(dispatcher.empty());
  CHECK(all.missed() == Counts{30, 10});
  dispatcher.give_up();
  CHECK(all.missed() == Counts{30, 10});
}

TEST_CASE("what an observer has seen in an earlier run is not dropped when the rest is given up") {
  Dispatching all({{"*"}, {"*"}});
  Dispatcher dispatcher(all.observers, all.models, {});
  const auto batch = all.batch(event_lines(20, 2));
  const auto source = source_from({batch->offset[5], batch->offset[15]});
  dispatcher.add({batch, 0, 10, false, source});
  dispatcher.add({batch, 10, 20, true, source});
  dispatcher.give_up();
  CHECK(all.missed() == Counts{15, 5});
}
