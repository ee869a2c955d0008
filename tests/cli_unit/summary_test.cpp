#include "cli/summary.h"

#include <catch2/catch.hpp>
#include <deque>

using namespace mlmon;

namespace {

SourceCount source(const std::string& name, std::uint64_t events) {
  SourceCount count;
  count.source = name;
  count.events = events;
  count.lines = events;
  return count;
}

ModelReceipt model(const std::string& name) {
  static std::deque<Model> models;
  static std::deque<std::string> names;
  models.push_back({names.emplace_back(name), "2.1.0", {}, "2026-01-01T00:00:00Z"});
  ModelReceipt receipt{&models.back(), {}};
  receipt.count.metrics_events = 5'808;
  receipt.count.drift_events = 5'808;
  receipt.count.last_event_ns = 1'767'225'600'000'000'000;
  receipt.count.f1_last = 0.41;
  receipt.count.f1_min = 0;
  return receipt;
}

Receipt receipt() {
  Receipt receipt;
  receipt.sources = {source("events.ndjson", 11'616)};
  receipt.observers = {{"retraining", {11'616, 0, 8, 10'676}, ""}};
  receipt.actions.decided = receipt.actions.fresh = receipt.actions.queued = 8;
  receipt.actions.retrains_requested = 8;
  receipt.models = {model("elec-gbdt")};
  receipt.seconds = 0.05;
  receipt.peak_rss_bytes = 23'068'672;
  return receipt;
}

}  // namespace

TEST_CASE("a summary of a usual run") {
  CHECK(summary_text(receipt()) ==
        "11,616 events in 11,616 lines, 0 bad\n"
        "8 actions: 8 new (8 queued as jobs)\n"
        "0.05 s, 232,320 events/s, peak memory 22 MiB\n"
        "\n"
        "model                                             metrics  drift  last f1  least f1  last "
        "event\n"
        "elec-gbdt (v2.1.0) deployed 2026-01-01T00:00:00Z    5,808  5,808     0.41         0  "
        "2026-01-01T00:00:00Z\n"
        "\n"
        "observer    observed  actions  suppressed  dropped  status\n"
        "retraining    11,616        8      10,676        0  ok\n");
}

TEST_CASE("a summary of nothing") {
  CHECK(summary_text({}) ==
        "0 events in 0 lines, 0 bad\n0 actions\n0.00 s, 0 events/s, peak memory 0 MiB\n");
}

TEST_CASE("bad lines are told by reason, over all sources, and sources if there are several") {
  Receipt two = receipt();
  two.sources.push_back(source("b\n\x1b.ndjson", 1));
  for (SourceCount& count : two.sources) {
    count.bad = 2;
    count.lines += 2;
    count.bad_reasons[static_cast<std::size_t>(BadReason::kInvalidTime)] = 1;
    count.bad_reasons[static_cast<std::size_t>(BadReason::kInvalidUtf8)] = 1;
  }
  two.sources[0].empty = 1;
  two.sources[0].lines += 1;
  const std::string text = summary_text(two);
  CHECK_THAT(text, Catch::StartsWith("11,617 events in 11,622 lines, 1 empty, 4 bad "
                                     "(2 invalid_utf8, 2 invalid_time)\n"));
  CHECK_THAT(text, Catch::Contains("\nsource           lines  events  bad  empty\n"
                                   "events.ndjson   11,619  11,616    2      1\n"
                                   "b\\n\\x1b.ndjson       3       1    2      0\n"));
}

TEST_CASE("what became of the actions is told") {
  Receipt all = receipt();
  all.actions = {1'010, 10, 1'000, 1, 2, 3, 4, 0, 0};
  CHECK_THAT(summary_text(all),
             Catch::Contains("\n1,010 actions: 10 new (1 delivered, 2 queued as jobs, 3 waiting, "
                             "4 failed for good), 1,000 known before\n"));
}

TEST_CASE("of many models the first twenty are shown") {
  Receipt many = receipt();
  for (int i = 0; i < 22; ++i) many.models.push_back(model("m" + std::to_string(i)));
  const std::string text = summary_text(many);
  CHECK_THAT(text, Catch::Contains("m18 (v2.1.0)") && !Catch::Contains("m19 (v2.1.0)"));
  CHECK_THAT(text, Catch::Contains("\n… and 3 more models\n"));
}

TEST_CASE("names and failures of others are escaped, and long ones cut") {
  Receipt bad = receipt();
  bad.models = {model("x\x1b[2J\n" + std::string(256, 'y'))};
  bad.models[0].count.f1_last = bad.models[0].count.f1_min = kAbsent;
  bad.observers[0].failure = "it broke\n\x1b[31m" + std::string(5'000, 'z');
  const std::string text = summary_text(bad);
  CHECK_THAT(text, Catch::Contains("x\\x1b[2J\\nyyyy") && Catch::Contains("y… (v2.1.0)"));
  CHECK_THAT(text, Catch::Contains("failed: it broke\\n\\x1b[31mzzz"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.size() < 1'500);
  CHECK(text.find("nan") == std::string::npos);
}

TEST_CASE("a usual run deserves no look, also if an alert fired") {
  for (const int code : {0, 10, 11}) {
    Receipt usual = receipt();
    usual.exit_code = code;
    CHECK_FALSE(went_wrong(usual));
  }
}

TEST_CASE("whatever went wrong deserves a look") {
  const auto wrong = [](auto change) {
    Receipt changed = receipt();
    change(changed);
    return went_wrong(changed);
  };
  for (const int code : {1, 3, 4, 130}) CHECK(wrong([&](Receipt& r) { r.exit_code = code; }));
  CHECK(wrong([](Receipt& r) { r.sources[0].bad = 1; }));
  CHECK(wrong([](Receipt& r) { r.observers[0].failure = "x"; }));
  CHECK(wrong([](Receipt& r) { r.observers[0].counts.dropped = 1; }));
  CHECK(wrong([](Receipt& r) { r.actions.waiting = 1; }));
  CHECK(wrong([](Receipt& r) { r.actions.dead = 1; }));
}
