// An isolated observer whose child says anything at all, behind the host that the product has.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/event/block_parser.h"
#include "core/isolation/isolated_observer.h"
#include "core/observer/observer_host.h"
#include "tests/core/frame_fuzz.h"
#include "tests/core/fuzzing.h"
#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

constexpr std::uint32_t kRows = 12;
constexpr std::uint32_t kCalls = 2 * kRows;  // more than there are

/// Children whose life is said before they are born: `life` gives that of the next one, and `has` what their class has.
/// A child says nothing after that, so that the host never waits.
class Children {
 public:
  Children(std::uint32_t has, std::function<std::string()> life) : has_(has), life_(std::move(life)) {}
  ~Children() {
    for (const int end : ends_) ::close(end);
  }

  std::shared_ptr<const PluginLibrary> library() {
    PluginClass item{};
    item.about.size = sizeof item.about;
    item.about.id = "fuzzed";
    item.about.version = "1.0.0";
    item.about.summary = "";
    item.subscribes = kOwnTypes;
    item.emits = {"seen"};
    item.observer = IsolatedObserver::role(has_);
    item.make = [this](mlmon_observer_host* host, const mlmon_observer_services* services, mlmon_str config,
                       mlmon_observer** out) {
      auto child = std::make_unique<IsolatedObserver>(FrameSocket(born()), region(), host, services, IsolationPlan{});
      const std::int32_t code = child->begin(config);
      if (code == MLMON_OK) *out = reinterpret_cast<mlmon_observer*>(child.release());
      return code;
    };
    return PluginLibrary::of("fuzzed", {std::move(item)}, nullptr);
  }

 private:
  int born() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
    ends_.push_back(ends[1]);
    const std::string bytes = life_();
    const ssize_t sent = ::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("a life longer than a socket holds");
    ::shutdown(ends[1], SHUT_WR);
    return ends[0];
  }

  static BatchRegion region() {
    auto region = BatchRegion::create();
    if (!region) throw std::runtime_error(region.error().text);
    return std::move(*region);
  }

  const std::uint32_t has_;
  const std::function<std::string()> life_;
  std::vector<int> ends_;
};

/// What the host made of an observer over some events.
struct Outcome {
  bool started = false;
  Epoch epoch;
  ObserverCounts counts;
  std::string failure;
  std::size_t models = 0;
};

std::shared_ptr<const Batch> events(ModelTable& models, const EventRules& rules) {
  auto batch = std::make_shared<Batch>();
  const std::string text = event_lines(kRows, 2, 3);
  batch->block.buffer.assign(text.begin(), text.end());
  batch->block.buffer.resize(text.size() + RawBlock::kPadding);
  batch->block.size = text.size();
  BlockParser(rules, models, 1 << 20).parse(*batch);
  batch->source = std::make_shared<const std::string>("a");
  batch->place(0, 0);
  return batch;
}

Outcome observe(Children& children, bool explain) {
  ModelTable models;
  MemoryLog log;
  ObserverSetup setup;
  setup.name = "mine";
  setup.library = children.library();
  setup.config = "{}";
  setup.capacity = 8;  // so that it is called for two rows at a time
  setup.explain = explain;
  const auto wishes = setup.wishes;
  std::atomic<std::uint32_t> wakes{0};
  ObserverHost host(std::move(setup), models, log, [&] { ++wakes, wakes.notify_one(); });
  Outcome outcome;
  if (!host.start()) return outcome;
  outcome.started = true;
  const auto batch = events(models, wishes->rules());
  outcome.models = models.size();
  host.settle({}, {"seen"});
  for (std::uint32_t first = 0; first < kRows;) {
    const std::uint32_t before = wakes.load(), taken = host.offer(batch, first, kRows);
    host.flush();
    if ((first += taken) < kRows && taken == 0) wakes.wait(before);
  }
  host.put_barrier();
  for (std::uint32_t before = wakes.load(); !host.barrier_passed(); before = wakes.load()) wakes.wait(before);
  outcome.epoch = host.collect();
  host.finish();
  outcome.counts = host.counts();
  outcome.failure = host.failure();
  return outcome;
}

void check(const Outcome& outcome) {
  if (!outcome.started) return;
  const ObserverCounts& counts = outcome.counts;
  CHECK(counts.observed + counts.dropped + counts.poisoned == kRows);
  for (const Decision& decision : outcome.epoch.decisions) {
    CHECK(decision.model - 1 < outcome.models);
    CHECK(decision.seq <= kRows * Batch::kSeqStep);
    const auto line = nlohmann::json::parse(decision.json, nullptr, false);
    REQUIRE(line.is_object());
    CHECK(line.at("observer") == "mine");
    CHECK(line.at("model").at("version") == "1.0.0");
    CHECK(line.at("line").get<std::uint32_t>() - 1 < kRows);
    CHECK(line.count("id") == (decision.suppressed ? 0 : 1));
  }
  for (const ObserverState::Change& change : outcome.epoch.changes) {
    CHECK(change.model <= outcome.models);
    CHECK(change.key != "mlmon:stolen");
    if (change.value) CHECK(change.key.size() <= 1024);  // what is longer may be deleted: it was never there
  }
}

}  // namespace

TEST_CASE("a child that keeps to the protocol observes everything, and what it says counts") {
  std::size_t decisions = 0, changes = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FrameMaker maker(seed);
    Children children(kHasTick, [&] { return maker.good_life(kCalls); });
    const Outcome outcome = observe(children, true);
    INFO("seed " << seed << ": " << outcome.failure);
    REQUIRE(outcome.started);
    CHECK(outcome.failure == "");
    CHECK(outcome.counts.observed == kRows);
    check(outcome);
    decisions += outcome.epoch.decisions.size();
    changes += outcome.epoch.changes.size();
  }
  CHECK(decisions > 40);
  CHECK(changes > 20);
}

TEST_CASE("whatever a child says, the host goes on and takes nothing that cannot be") {
  FuzzSeeds seeds(1'000);
  std::uint64_t frames = 0, started = 0, whole = 0, poisoned = 0, decisions = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    INFO("MLMON_FUZZ_SEED=" << seed);
    FrameMaker maker(seed);
    // One that is bad from time to time is started again; one that always is, is given up.
    const bool always_bad = seed % 4 == 0;
    std::uint32_t lives = 0;
    Children children(kHasTick | kHasFinish, [&] {
      return always_bad || lives++ % 3 == 0 ? maker.bad_life(kCalls) : maker.good_life(kCalls);
    });
    const Outcome outcome = observe(children, seed % 2 == 0);
    check(outcome);
    frames += maker.frames();
    started += outcome.started ? 1 : 0;
    whole += outcome.started && outcome.failure.empty() && outcome.counts.observed == kRows ? 1 : 0;
    poisoned += outcome.counts.poisoned;
    decisions += outcome.epoch.decisions.size();
  }
  if (seeds.asked_for()) {
    WARN("seeds " << seeds.first() << " to " << seeds.next() - 1 << ": " << frames << " frames, " << decisions
                  << " decisions taken, " << poisoned << " events given up");
  }
  // Else it proves little.
  CHECK(frames > 50'000);
  CHECK(started > 500);
  CHECK(whole > 200);
  CHECK(whole < started);
  CHECK(decisions > 1'000);
}
