#include "core/observer/observer_host.h"

#include <catch2/catch.hpp>

#include "core/event/block_parser.h"
#include "core/wakeup.h"
#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

/// One observer without a pipeline around it.
class Observing {
 public:
  explicit Observing(const std::string& plugin, const std::string& config = "{\"number\":0}",
                     std::uint32_t capacity = 2048, bool drop_newest = false,
                     std::vector<std::string> models = {"*"}) {
    ObserverSetup setup;
    setup.name = "mine";
    setup.library = load_bad_plugin(plugin);
    setup.config = config;
    setup.capacity = capacity;
    setup.drop_newest = drop_newest;
    setup.models = GlobList(std::move(models));
    host = std::make_unique<ObserverHost>(std::move(setup), models_, log, [] {});
    started = host->start();
  }

  std::shared_ptr<const Batch> batch(const std::string& text) {
    BlockParser parser({}, models_, 1 << 20);
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

  /// Offers until all of it is taken.
  void give(const std::shared_ptr<const Batch>& all) {
    for (std::uint32_t first = 0; first < all->rows(); std::this_thread::yield()) {
      first += host->offer(all, first, all->rows());
      host->flush();
    }
  }

  Epoch epoch() {
    host->put_barrier();
    while (!host->barrier_passed()) std::this_thread::yield();
    return host->collect();
  }
  std::vector<Decision> barrier() { return epoch().decisions; }

  MemoryLog log;
  std::unique_ptr<ObserverHost> host;
  Result<void> started;

 private:
  ModelTable models_;
  std::uint64_t seq_ = 0;
};

}  // namespace

TEST_CASE("a barrier gives the decisions before it, and none behind it") {
  Observing observing("well_behaved");
  observing.give(observing.batch(event_lines(20, 2)));
  CHECK(observing.barrier().size() == 10);
  CHECK(observing.barrier().empty());
  observing.give(observing.batch(event_lines(3, 1)));
  const auto decisions = observing.barrier();
  REQUIRE(decisions.size() == 3);
  CHECK(decisions[2].seq == 23 * Batch::kSeqStep);
  observing.host->finish();
  CHECK(observing.host->counts().observed == 23);
  CHECK(observing.host->pending() == 0);
}

TEST_CASE("decisions that no barrier has covered are pending") {
  Observing observing("well_behaved");
  observing.give(observing.batch(event_lines(20, 2)));
  while (!observing.host->idle()) std::this_thread::yield();
  CHECK(observing.host->pending() == 10);
  CHECK(observing.host->collect().decisions.empty());
  observing.barrier();
  CHECK(observing.host->pending() == 0);
}

TEST_CASE("a view is at most a quarter of the queue, and a queue takes only what fits") {
  Observing observing("well_behaved", "{\"number\":50}", 8);
  const auto all = observing.batch(event_lines(100, 2));
  std::uint32_t first = observing.host->offer(all, 0, 100);
  CHECK(first <= 10);
  CHECK(first >= 8);
  observing.host->finish();
  CHECK(observing.host->counts().observed == first);
}

TEST_CASE("a queue of one event works") {
  Observing observing("well_behaved", "{\"number\":0}", 1);
  observing.give(observing.batch(event_lines(50, 1)));
  CHECK(observing.barrier().size() == 50);
}

TEST_CASE("an observer that drops takes everything at once and says how much is missing") {
  Observing observing("well_behaved", "{\"number\":20}", 4, true, {"m1"});
  const auto all = observing.batch(event_lines(100, 2, 2));
  CHECK(observing.host->offer(all, 0, 100) == 100);
  observing.host->finish();
  const ObserverCounts counts = observing.host->counts();
  CHECK(counts.observed + counts.dropped == 50);
  CHECK(counts.dropped > 30);
}

TEST_CASE("after a failure the rest is dropped and barriers still pass") {
  Observing observing("fails_at", R"({"number":30,"how":"text"})", 40);
  observing.give(observing.batch(event_lines(100, 2)));
  const auto decisions = observing.barrier();
  observing.host->finish();
  CHECK(observing.host->failure() == "event of doom");
  const ObserverCounts counts = observing.host->counts();
  CHECK(counts.observed == 20);  // two views of a quarter of 40
  CHECK(counts.dropped == 80);
  CHECK(decisions.size() == 10);
}

TEST_CASE("what cannot be made is told, and ends without a thread") {
  Observing observing("create_fails", R"({"how":"text"})");
  REQUIRE_FALSE(observing.started.ok());
  CHECK(observing.started.error().text == "the cat is on the keyboard");
  observing.host->finish();

  Observing silent("create_fails", R"({"how":"silent"})");
  CHECK(silent.started.error().text == "error -1, without a text");
  Observing nothing("create_fails", R"({"how":"no_instance"})");
  CHECK(nothing.started.error().text == "create gave no instance");
}

TEST_CASE("a decision that was refused stops the observer, wherever it was said") {
  for (const char* how :
       {"not_json", "row_out_of_range", "suppresses_row_out_of_range", "in_finish"}) {
    Observing observing("acts_badly", std::string("{\"how\":\"") + how + "\"}");
    observing.give(observing.batch(event_lines(10, 1)));
    observing.barrier();
    observing.host->finish();
    INFO(how);
    CHECK_FALSE(observing.host->failure().empty());
    CHECK(observing.host->counts().suppressed == 0);
  }
}
