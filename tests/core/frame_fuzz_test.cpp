// An isolated observer whose child says anything at all, behind the host that the product has.
#include <catch2/catch.hpp>

#include "tests/core/frame_fuzz.h"
#include "tests/core/fuzzing.h"
#include "tests/core/spoken_child.h"

using namespace mlmon;

TEST_CASE("a child that keeps to the protocol observes everything, and what it says counts") {
  std::size_t decisions = 0, changes = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FrameMaker maker(seed);
    const ChildOutcome outcome = observe(kHasTick, true, [&] { return maker.good_life(kChildCalls); });
    INFO("seed " << seed << ": " << outcome.failure);
    REQUIRE(outcome.started);
    CHECK(outcome.failure == "");
    CHECK(outcome.counts.observed == kChildRows);
    REQUIRE(impossible_in(outcome) == "");
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
    const ChildOutcome outcome = observe(kHasTick | kHasFinish, seed % 2 == 0, [&] {
      return always_bad || lives++ % 3 == 0 ? maker.bad_life(kChildCalls) : maker.good_life(kChildCalls);
    });
    REQUIRE(impossible_in(outcome) == "");
    frames += maker.frames();
    started += outcome.started ? 1 : 0;
    whole += outcome.started && outcome.failure.empty() && outcome.counts.observed == kChildRows ? 1 : 0;
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
