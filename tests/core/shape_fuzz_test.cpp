#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "tests/core/event_judge.h"
#include "tests/core/event_lines.h"
#include "tests/core/event_ways.h"
#include "tests/core/fuzzing.h"
#include "tests/core/shape_fuzz.h"

using namespace mlmon;

namespace {

EventRules rules_of(std::uint64_t seed) {
  EventRules rules;
  rules.nan_is_null = seed % 3 == 0;
  rules.lenient_times = seed % 4 == 0;
  rules.foreign_types = {"custom"};
  using enum Projection::Type;
  rules.projections = {{"/f1", kNumber, ""},       {"/labels/team", kText, "metrics"},
                       {"/host", kJson, ""},       {"/samples", kInteger, "drift"},
                       {"/host/k/1", kNumber, ""}, {"/metrics/auc", kNumber, ""}};
  return rules;
}

}  // namespace

TEST_CASE("the slow reader denies a row that is not what its line says, and a bad line that is good") {
  const EventRules rules;
  EventWay way(rules, false);
  const Batch good = way.parse(event_line(7, 0.75, 3) + "no JSON\n[1]\n");
  REQUIRE(judgement_of(good, way.models(), rules) == "");
  const auto denies = [&](auto&& change) {
    Batch batch = good;
    change(batch);
    return judgement_of(batch, way.models(), rules) != "";
  };
  CHECK(denies([](Batch& batch) { batch.f1[0] = std::nextafter(0.75, 1); }));
  CHECK(denies([](Batch& batch) { batch.recall[0] = 0.5; }));
  CHECK(denies([](Batch& batch) { batch.p_value[0] = 0.5; }));
  CHECK(denies([](Batch& batch) { batch.samples[0] = 0; }));
  CHECK(denies([](Batch& batch) { ++batch.time_ns[0]; }));
  CHECK(denies([](Batch& batch) { batch.kind[0] = kDrift; }));
  CHECK(denies([](Batch& batch) { batch.raw_len[0] -= 1; }));
  CHECK(denies([](Batch& batch) { batch.bad[1].reason = BadReason::kInvalidJson; }));
  CHECK(denies([](Batch& batch) { batch.bad[0].reason = BadReason::kNotAnObject; }));
}

TEST_CASE("lines read in the fast way and in the slow one are the same events and the same bad lines") {
  FuzzSeeds seeds(60);
  std::size_t events = 0, bad = 0, by_shape = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    LineMaker maker(seed);
    const EventRules rules = rules_of(seed);
    EventWay fast(rules, true), slow(rules, false);
    for (int i = 0; i < 3; ++i) {
      const std::string text = maker.block();
      const Batch expected = slow.parse(text);
      const std::string wanted = account_of(expected, slow.models());
      INFO("MLMON_FUZZ_SEED=" << seed << ", block " << i);
      REQUIRE(judgement_of(expected, slow.models(), rules) == "");
      REQUIRE(first_difference(account_of(fast.parse(text), fast.models()), wanted) == "");
      // Now that it knows them.
      REQUIRE(first_difference(account_of(fast.parse(text), fast.models()), wanted) == "");
      events += expected.rows();
      bad += expected.bad.size();
    }
    by_shape += fast.lines_by_shape();
    REQUIRE(slow.lines_by_shape() == 0);
  }
  if (seeds.asked_for()) {
    WARN("seeds " << seeds.first() << " to " << seeds.next() - 1 << ": " << events << " events, " << bad
                  << " bad lines");
  }
  // Else the lines above prove little.
  CHECK(events > 5'000);
  CHECK(bad > 5'000);
  INFO(by_shape << " of " << events << " events, each read twice");
  CHECK(by_shape > 3'000);
}
