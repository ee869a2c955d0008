#include "core/run/receipt.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace mlmon;

namespace {

Receipt filled() {
  Receipt receipt;
  receipt.run_id = "abc";
  receipt.started_at = receipt.ended_at = "2026-02-01T08:00:00Z";
  receipt.exit_code = 1;
  SourceCount source;
  source.source = "a\n\"b\xff";
  source.to_offset = 100;
  source.lines = 7;
  source.events = 3;
  source.bad = 3;
  source.empty = 1;
  source.bad_reasons[static_cast<std::size_t>(BadReason::kWrongType)] = 2;
  source.bad_reasons[static_cast<std::size_t>(BadReason::kTruncated)] = 1;
  receipt.sources = {source, source};
  receipt.observers = {{"good", {5, 1, 2, 3}, ""}, {"bad", {0, 6, 0, 0}, "it \"broke\"\n\xff"}};
  receipt.actions = {5, 3, 2, 1, 1, 1, 0, 1, 1};
  receipt.seconds = 0.5;
  receipt.peak_rss_bytes = 42;
  return receipt;
}

}  // namespace

TEST_CASE("a receipt is one line of JSON with every member of the contract") {
  const std::string text = to_json(filled());
  CHECK(text.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json.at("receipt") == 1);
  CHECK(json.at("exit_code") == 1);
  CHECK(json.at("sources").size() == 2);
  const auto& source = json.at("sources")[0];
  CHECK(source.at("lines") == 7);
  CHECK(source.at("bad_reasons").dump() == R"({"truncated":1,"wrong_type":2})");
  CHECK(json.at("observers")[0].dump() ==
        R"({"actions":2,"dropped":1,"observed":5,"observer":"good","status":"ok","suppressed":3})");
  CHECK(json.at("observers")[1].at("status") == "failed");
  CHECK(json.at("actions").dump() ==
        R"({"already_known":2,"dead":0,"decided":5,"delivered":1,"new":3,"queued":1,"waiting":1})");
  CHECK(json.at("events_per_second") == 12);
  CHECK(json.at("peak_rss_bytes") == 42);
}

TEST_CASE("a run without time has no rate") {
  Receipt receipt;
  CHECK(nlohmann::json::parse(to_json(receipt)).at("events_per_second") == 0);
}

TEST_CASE("models stand by name, version and deployment, without those that no event told of") {
  ModelTable models;
  ModelTally tally;
  Batch batch;
  const auto add = [&](const char* name, const char* version, std::int64_t deployed,
                       std::uint32_t kind) {
    Event event;
    event.kind = kind;
    event.time_ns = -1;
    event.f1 = kind == kMetrics ? 0.25 : kAbsent;
    batch.append(event, models.intern(name, version, {deployed, 0}), 0, 0, 1, 0);
  };
  add("b", "1.0.0", 0, kDrift);
  add("a", "2.0.0", 0, kMetrics);
  add("a", "1.0.0", 5, kMetrics);
  add("a", "1.0.0", 0, kMetrics);
  add("only_jobs", "1.0.0", 0, kJob);
  tally.add(batch);
  const auto receipts = model_receipts(tally, models);
  REQUIRE(receipts.size() == 4);
  CHECK(receipts[0].model->deployed_at.seconds == 0);
  CHECK(receipts[1].model->deployed_at.seconds == 5);
  CHECK(receipts[2].model->version == "2.0.0");
  CHECK(receipts[3].model->name == "b");

  Receipt receipt;
  receipt.models = receipts;
  const auto json = nlohmann::json::parse(to_json(receipt)).at("models");
  CHECK(json[0].at("f1_min") == 0.25);
  CHECK(json[0].at("last_event") == "1969-12-31T23:59:59.999999999Z");
  CHECK(json[3].at("f1_last").is_null());
}
