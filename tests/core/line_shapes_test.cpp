#include "core/event/line_shapes.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>

#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

/// Shapes that know kModel, and what became of the line that was read last.
class Reading {
 public:
  Reading() { spellings_.add(kModel, 1); }

  void learn(const std::string& line) {
    const auto seen = parse(line);
    REQUIRE(seen.reason() == "");
    shapes_->learn(seen.text, seen.event);
  }

  /// Learns from one line, then whether it takes another.
  bool takes(const std::string& seen, const std::string& line) {
    shapes_ = std::make_unique<LineShapes>(spellings_);
    learn(seen);
    return takes(line);
  }
  bool takes(const std::string& line) {
    text_ = line + "\n" + std::string(8, '7');
    const char* const end = text_.data() + line.size() + 1;
    const char* const newline = shapes_->read(text_.data(), end, event, model);
    if (newline != nullptr) CHECK(newline == end - 1);
    return newline != nullptr;
  }

  void knows(const std::string& spelling, std::uint32_t handle) {
    spellings_.add(spelling, handle);
  }

  Event event;
  std::uint32_t model = 0;

 private:
  ModelSpellings spellings_;
  std::unique_ptr<LineShapes> shapes_ = std::make_unique<LineShapes>(spellings_);
  std::string text_;
};

const std::string kSeen = metrics(R"("f1":0.5)");

std::string with_f1(const std::string& f1) { return metrics(R"("f1":)" + f1); }

std::string with_time(const std::string& time) {
  return of_type("metrics", R"("f1":1,"captured_at":")" + time + "\"");
}

}  // namespace

TEST_CASE("a line of a known shape is read into the columns") {
  Reading reading;
  REQUIRE(reading.takes(
      metrics(R"("accuracy":1,"precision":1,"recall":1,"f1":1,"samples":1)"),
      metrics(R"("accuracy":0.25,"precision":0.1,"recall":1e-3,"f1":0.8437235471948123,"samples":12)")));
  CHECK(reading.event.kind == kMetrics);
  CHECK(reading.model == 1);
  CHECK(reading.event.accuracy == 0.25);
  CHECK(reading.event.precision == 0.1);
  CHECK(reading.event.recall == 0.001);
  CHECK(reading.event.f1 == 0.8437235471948123);
  CHECK(reading.event.samples == 12);
  CHECK(std::isnan(reading.event.p_value));
  CHECK(reading.event.time_ns == 1'769'932'800'000'000'000);
  REQUIRE(reading.takes(drift(R"("magnitude":1,"p_value":1)"), drift(R"("magnitude":7.5,"p_value":0)")));
  CHECK(reading.event.kind == kDrift);
  CHECK(reading.event.p_value == 0);
  CHECK(reading.event.magnitude == 7.5);
  CHECK(std::isnan(reading.event.f1));
  CHECK(reading.event.samples == -1);
}

TEST_CASE("an event is plain only if no line of its shape can say more than the columns") {
  Reading reading;
  const std::string f1 = R"("f1":0.5)";
  for (const std::string more : {"", ",\"samples\":1", ",\"id\":null"}) {
    REQUIRE(reading.takes(metrics(f1 + more), metrics(f1 + more)));
    CHECK(reading.event.plain);
  }
  for (const std::string more : {R"(,"id":"")", R"(,"labels":{"team":""})", R"(,"metrics":{"auc":1})", R"(,"other":"")",
                                 R"(,"other":1)"}) {
    INFO(more);
    REQUIRE(reading.takes(metrics(f1 + more), metrics(f1 + more)));
    CHECK_FALSE(reading.event.plain);
  }
  REQUIRE(reading.takes(drift(R"("p_value":1)"), drift(R"("p_value":0)")));
  CHECK(reading.event.plain);
}

TEST_CASE("values that do not fit are left to the parser") {
  Reading reading;
  for (const char* const good : {"0", "1", "1.0", "0.5", "5e-1", "0e5", "1e-400", "-0",
                                 "0.00000000000000000000000000000000001"}) {
    INFO(good);
    CHECK(reading.takes(kSeen, with_f1(good)));
  }
  for (const char* const bad : {"1.0000000000000002", "-0.1", "1e400", "null", "\"1\"", "00", "01", "1.",
                                ".5", "+1", "1e", "-", "", " 1", "1 ", "{}", "true", "0.5x"}) {
    INFO(bad);
    CHECK_FALSE(reading.takes(kSeen, with_f1(bad)));
  }
  for (const char* const bad : {"2026-02-01T08:00:60Z", "2026-02-01T08:00:00", "9999-12-31T23:59:59Z", "",
                                "2026-02-01T08:00:00\\u005a"}) {
    CHECK_FALSE(reading.takes(kSeen, with_time(bad)));
  }
  CHECK(reading.takes(with_time("2026-02-01T08:00:00Z"), with_time("2026-02-01t09:00:00.5+01:00")));
  CHECK(reading.event.time_ns == 1'769'932'800'500'000'000);
}

TEST_CASE("strings with escapes or control characters are left to the parser") {
  const auto with_id = [](const std::string& id) { return metrics(R"("f1":1,"id":")" + id + "\""); };
  Reading reading;
  CHECK(reading.takes(with_id("a"), with_id("")));
  CHECK(reading.takes(with_id("a"), with_id("a much longer id, }{ größer")));
  CHECK(reading.takes(with_id("\\n"), with_id("x")));
  CHECK_FALSE(reading.takes(with_id("a"), with_id("a\\n")));
  CHECK_FALSE(reading.takes(with_id("a"), with_id("a\x01")));
  CHECK_FALSE(reading.takes(with_id("a"), with_id("a\" ")));
}

TEST_CASE("an ignored member may be any scalar") {
  const auto with_x = [](const std::string& x) { return metrics(R"("f1":1,"x":)" + x); };
  Reading reading;
  for (const char* const good : {"1", "1e400", "-0.5E+7", "\"\"", "\"text\"", "true", "false", "null"}) {
    CHECK(reading.takes(with_x("1"), with_x(good)));
  }
  for (const char* const bad : {"01", "1e", "\"a\\n\"", "tru", "trux", "nul", "truee", "[]", "{}", "NaN", "-"}) {
    CHECK_FALSE(reading.takes(with_x("1"), with_x(bad)));
  }
}

TEST_CASE("other literal bytes, an unknown model and a line that is cut are left to the parser") {
  Reading reading;
  CHECK(reading.takes(kSeen, kSeen));
  CHECK_FALSE(reading.takes(kSeen, kSeen + " "));
  CHECK_FALSE(reading.takes(kSeen, kSeen + "\r"));
  CHECK_FALSE(reading.takes(kSeen, " " + kSeen));
  CHECK_FALSE(reading.takes(kSeen, metrics(R"("f2":0.5)")));
  CHECK_FALSE(reading.takes(kSeen, metrics(R"("f1":0.5)", model("other"))));
  CHECK_FALSE(reading.takes(kSeen, metrics(R"("f1":0.5)", kModel + "}")));
  for (std::size_t length = 0; length < kSeen.size(); ++length) {
    CHECK_FALSE(reading.takes(kSeen, kSeen.substr(0, length)));
  }
}

TEST_CASE("models are told apart in any order") {
  const std::string a = kModel, b = model("b"), c = model("c");
  Reading reading;
  reading.knows(b, 2);
  reading.knows(c, 3);
  REQUIRE(reading.takes(kSeen, kSeen));
  const std::vector<std::pair<std::string, std::uint32_t>> lines = {
      {a, 1}, {b, 2}, {c, 3}, {a, 1}, {c, 3}, {b, 2}, {b, 2}, {a, 1}, {b, 2}, {c, 3}};
  for (int round = 0; round < 3; ++round) {
    for (const auto& [spelling, handle] : lines) {
      REQUIRE(reading.takes(metrics(R"("f1":0.5)", spelling)));
      CHECK(reading.model == handle);
    }
    CHECK_FALSE(reading.takes(metrics(R"("f1":0.5)", model("unknown"))));
  }
}

TEST_CASE("shapes that differ in optional members, kind, white space or line end live side by side") {
  const std::vector<std::string> lines = {
      kSeen, kSeen + "\r", drift(R"("p_value":1)"), drift(R"("p_value":1,"magnitude":1)"),
      drift(R"("magnitude":1)"), metrics(R"("f1":null,"recall":1)"), metrics(R"("f1":1,"recall":1)"),
      metrics(R"("f1":1,"x":{"y":1})")};
  Reading reading;
  for (int round = 0; round < 1000; ++round) {
    for (const std::string& line : lines) {
      if (!reading.takes(line)) reading.learn(line);
    }
  }
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(reading.takes(line));
  }
  CHECK(reading.takes(lines[2]));
  CHECK(reading.event.kind == kDrift);
}

TEST_CASE("what varies without end is learned ever more rarely and forgotten, what is of use stays or comes back") {
  Reading reading;
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string ever_new = metrics(R"("f1":1,"bins":[)" + std::to_string(i) + "]");
    if (!reading.takes(ever_new)) reading.learn(ever_new);
    if (reading.takes(kSeen)) {
      ++taken;
    } else {
      reading.learn(kSeen);
    }
  }
  CHECK(taken > 50'000);
}
