#include "core/event/models.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <thread>
#include <vector>

#include "core/run/model_tally.h"

using namespace mlmon;

namespace {

const Instant kDeployed = *parse_rfc3339("2026-01-01T00:00:00Z");

void add(Batch& batch, std::uint32_t kind, std::uint32_t model, std::int64_t time_ns,
         double f1 = kAbsent) {
  Event event;
  event.kind = kind;
  event.time_ns = time_ns;
  event.f1 = f1;
  batch.append(event, model, 0, 0, 1, 0);
}

}  // namespace

TEST_CASE("two deployments are one model only if all three agree") {
  ModelTable models;
  const std::uint32_t fraud = models.intern("fraud", "1.0.0", kDeployed);
  CHECK(fraud == 1);
  CHECK(models.intern("fraud", "1.0.0", *parse_rfc3339("2026-01-01T01:00:00+01:00")) == fraud);
  CHECK(models.intern("Fraud", "1.0.0", kDeployed) == 2);
  CHECK(models.intern("fraud", "1.0.0+b", kDeployed) == 3);
  CHECK(models.intern("fraud", "1.0.0", {kDeployed.seconds, 1}) == 4);
  CHECK(models.intern("fraud1", ".0.0", kDeployed) == 5);
  CHECK(models.size() == 5);
  CHECK(models.at(4).deployed_text == "2026-01-01T00:00:00.000000001Z");
}

TEST_CASE("a model stands in actions as JSON") {
  std::string out = "x";
  append_model_json(out, {"a\"b", "1.0.0", kDeployed, "2026-01-01T00:00:00Z"});
  CHECK(out == R"(x{"name":"a\"b","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"})");
}

TEST_CASE("references to models stay valid while other threads add more") {
  ModelTable models;
  const Model& first = models.at(models.intern("first", "1.0.0", kDeployed));
  std::vector<std::vector<std::uint32_t>> handles(4);
  std::vector<std::thread> threads;
  for (auto& own : handles) {
    threads.emplace_back([&models, &own] {
      for (int i = 0; i < 2000; ++i) {
        const std::string name = "m" + std::to_string(i);
        own.push_back(models.intern(name, "1.0.0", kDeployed));
        if (models.at(own.back()).name != name || models.size() < own.back()) own.push_back(0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(first.name == "first");
  CHECK(models.size() == 2001);
  for (const auto& own : handles) CHECK(own == handles[0]);
  CHECK(std::set<std::uint32_t>(handles[0].begin(), handles[0].end()).size() == 2000);
}

TEST_CASE("a tally counts by model and kind, and job events advance no clock") {
  Batch batch;
  add(batch, kMetrics, 2, 100, 0.5);
  add(batch, kMetrics, 2, 50, 0.25);
  add(batch, kMetrics, 2, 60);
  add(batch, kDrift, 2, 70);
  add(batch, kJob, 2, 900);
  add(batch, kJob, 3, 900);
  ModelTally tally;
  tally.add(batch);
  const ModelCount& count = tally.counts().at(2);
  CHECK(count.metrics_events == 3);
  CHECK(count.drift_events == 1);
  CHECK(count.last_event_ns == 100);
  CHECK(count.f1_last == 0.25);
  CHECK(count.f1_min == 0.25);
  CHECK(count.seen());
  CHECK_FALSE(tally.counts().at(3).seen());
  CHECK_FALSE(tally.counts().at(1).seen());
}

TEST_CASE("the least f1 is the least over all batches, the last one the last in order") {
  ModelTally tally;
  for (const double f1 : {0.7, 0.0, 0.9}) {
    Batch batch;
    add(batch, kMetrics, 1, -5, f1);
    tally.add(batch);
  }
  CHECK(tally.counts().at(1).f1_min == 0.0);
  CHECK(tally.counts().at(1).f1_last == 0.9);
  CHECK(tally.counts().at(1).last_event_ns == -5);
}
