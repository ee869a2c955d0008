#include "core/event/line_shape.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

/// The line with each slot as a letter in angle brackets; "-": it is left to the parser.
std::string shape(const std::string& line) {
  static const std::string kLetters = "EMTaprfPGSNts.";
  const auto event = parse(line);
  REQUIRE(event.reason() == "");
  LineShape shape;
  if (!shape.cut(event.text, event.event.kind)) return "-";
  std::string out;
  for (const LineShape::Part& part : shape.parts()) {
    out.append(part.literal).append("<");
    out.append(1, kLetters[static_cast<std::size_t>(part.slot)]).append(">");
  }
  return out;
}

const std::string kAt = R"("captured_at":"<T>"}<.>)";
const std::string kMetricsHead = R"({"type":"metrics","model":<M>,)";
const std::string kDriftHead = R"({"type":"drift","model":<M>,)";

}  // namespace

TEST_CASE("known members become slots of their own, all else between them is literal") {
  CHECK(shape(metrics(R"("accuracy":0.1,"precision":0.2,"recall":0.3,"f1":0.4,"samples":5)")) ==
        kMetricsHead + R"("accuracy":<a>,"precision":<p>,"recall":<r>,"f1":<f>,"samples":<S>,)" + kAt);
  CHECK(shape(drift(R"("p_value":0.1,"magnitude":2,"feature":"age")")) ==
        kDriftHead + R"("p_value":<P>,"magnitude":<G>,"feature":"<t>","detected_at":"<T>"}<.>)");
  CHECK(shape(" { \"f1\" : 1 , \"captured_at\" :\t\"2026-02-01T08:00:00Z\", \"model\":" + kModel +
              ", \"type\":\"metrics\" } \r") ==
        " { \"f1\" : <f> , \"captured_at\" :\t\"<T>\", \"model\":<M>, \"type\":\"metrics\" } \r<.>");
}

TEST_CASE("what decides by being there is literal") {
  CHECK(shape(metrics(R"("f1":null,"recall":1)")) == kMetricsHead + R"("f1":null,"recall":<r>,)" + kAt);
  CHECK(shape(metrics(R"("f1":1,"labels":{"team":"a","x":""})")) ==
        kMetricsHead + R"("f1":<f>,"labels":{"team":"<t>","x":"<t>"},)" + kAt);
  CHECK(shape(metrics(R"("metrics":{"auc":1,"rmse":-2e5},"id":"7")")) ==
        kMetricsHead + R"("metrics":{"auc":<N>,"rmse":<N>},"id":"<t>",)" + kAt);
}

TEST_CASE("ignored members may hold any scalar; their objects are looked into, arrays are literal") {
  CHECK(shape(metrics(R"("f1":1,"p_value":"x","a":{"b":{"c":1},"d":[1,{"e":2}]},"g":{})")) ==
        kMetricsHead + R"("f1":<f>,"p_value":<s>,"a":{"b":{"c":<s>},"d":[1,{"e":2}]},"g":{},)" + kAt);
}

TEST_CASE("an envelope is a shape around the event's") {
  CHECK(shape(R"({"specversion":"1.0","id":"1","source":"s","type":"t","x":1,"data":)" +
              metrics(R"("f1":1)") + "}") ==
        R"({"specversion":"1.0","id":"<t>","source":"<t>","type":"<t>","x":<s>,"data":<E>)" +
            kMetricsHead + R"("f1":<f>,"captured_at":"<T>"}}<.>)");
}

TEST_CASE("job events, features, escaped names and giants are left to the parser") {
  CHECK(shape(of_type("job", R"("job":"1","status":"done","at":"2026-02-01T08:00:00Z")")) == "-");
  CHECK(shape(drift(R"("features":{"age":{"p_value":0.1}})")) == "-");
  CHECK(shape(metrics(R"("\u0066\u0031":1)")) == "-");
  CHECK(shape(metrics(R"("f1":1,"pad":")" + std::string(20'000, 'x') + "\"")) == "-");
  std::string many;
  for (int i = 0; i < 100; ++i) many += R"("x)" + std::to_string(i) + R"(":1,)";
  CHECK(shape(metrics(many + R"("f1":1)")) == "-");
}
