#include "core/event/event_parser.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/core/event_line.h"

using namespace mlmon;

TEST_CASE("a metrics event is decoded") {
  const Parsed line = parse(
      R"({"type":"metrics","model":{"name":"fraud","version":"2.1.0",)"
      R"("deployed_at":"2026-01-01T00:00:00Z"},"accuracy":0.93,"precision":0.90,"recall":0.88,)"
      R"("f1":0.89,"captured_at":"2026-02-01T08:00:00Z"})");
  REQUIRE(line.reason() == "");
  const Event& event = line.event;
  CHECK(event.kind == kMetrics);
  CHECK(event.type == "metrics");
  CHECK(event.model_name == "fraud");
  CHECK(event.model_version == "2.1.0");
  CHECK(event.deployed_at == *parse_rfc3339("2026-01-01T00:00:00Z"));
  CHECK(event.model_bytes ==
        R"({"name":"fraud","version":"2.1.0","deployed_at":"2026-01-01T00:00:00Z"})");
  CHECK(event.time_ns == 1'769'932'800'000'000'000);
  CHECK(event.accuracy == 0.93);
  CHECK(event.precision == 0.90);
  CHECK(event.recall == 0.88);
  CHECK(event.f1 == 0.89);
  CHECK(std::isnan(event.p_value));
  CHECK(std::isnan(event.magnitude));
  CHECK(event.samples == -1);
  CHECK(event.id.empty());
  CHECK(event.json == line.text);
}

TEST_CASE("keys may stand in any order, written with escapes, amid white space") {
  const Parsed line = parse(
      " {\t\"detected_at\" : \"2026-02-01T08:00:00Z\", \"\\u0070_valu\\u0065\":0.5,\"model\":" +
      kModel +
      R"(,"f1":"not known to drift","f1":1,"typ\u0065":"dr\u0069ft"} )" "\r");
  REQUIRE(line.reason() == "");
  CHECK(line.event.kind == kDrift);
  CHECK(line.event.type == "drift");
  CHECK(line.event.p_value == 0.5);
  CHECK(std::isnan(line.event.f1));
  CHECK(line.event.json.front() == '{');
  CHECK(line.event.json.back() == '}');
}

TEST_CASE("nothing of one line is left in the next") {
  EventParser parser({});
  Event event;
  BadLine bad;
  const std::string full = metrics(
      R"("f1":0.5,"accuracy":1,"samples":3,"id":"a\n","labels":{"a":"b"},"metrics":{"c":1})");
  REQUIRE(parser.parse(full, false, event, bad));
  REQUIRE(!parser.parse("{\"type\":5", false, event, bad));
  const std::string bare = drift(R"("p_value":0.5)");
  REQUIRE(parser.parse(bare, false, event, bad));
  CHECK(std::isnan(event.f1));
  CHECK(std::isnan(event.accuracy));
  CHECK(event.samples == -1);
  CHECK(event.id.empty());
  CHECK(event.labels.empty());
  CHECK(event.metrics.empty());
}

TEST_CASE("each reason has its line") {
  CHECK(parse("{\"a\":\"\xff\"}").reason() == "invalid_utf8");
  CHECK(parse("{\"a\":1").reason() == "invalid_json");
  CHECK(parse("[]").reason() == "not_an_object");
  CHECK(parse(of_type("metric", "\"f1\":1")).reason() == "unknown_type");
  CHECK(parse("{}").reason() == "missing_field");
  CHECK(parse(metrics("\"f1\":1,\"f1\":1")).reason() == "duplicate_field");
  CHECK(parse(metrics("\"f1\":true")).reason() == "wrong_type");
  CHECK(parse(metrics("\"f1\":2")).reason() == "out_of_range");
  CHECK(parse(metrics("\"f1\":1", model("a", "v1"))).reason() == "invalid_version");
  CHECK(parse(metrics("\"f1\":1", model("a", "1.0.0", "today"))).reason() == "invalid_time");
}

TEST_CASE("of several reasons the first by their order is told") {
  // Each part brings one problem; the line gets more and more of them from the last reason on.
  const std::string time = model("a", "1.0.0", "today");
  const std::string version = model("a", "v1", "today");
  CHECK(parse(metrics("\"f1\":1", time)).reason() == "invalid_time");
  CHECK(parse(metrics("\"f1\":1", version)).reason() == "invalid_version");
  CHECK(parse(metrics("\"f1\":2", version)).reason() == "out_of_range");
  CHECK(parse(metrics("\"f1\":2,\"id\":1", version)).reason() == "wrong_type");
  CHECK(parse(metrics("\"f1\":2,\"id\":1,\"f1\":1", version)).reason() == "duplicate_field");
  const std::string no_time =
      R"({"type":"metrics","f1":2,"id":1,"f1":1,"model":)" + version;
  CHECK(parse(no_time + "}").reason() == "missing_field");
  CHECK(parse(R"({"type":"x","f1":2,"id":1,"id":1})").reason() == "unknown_type");
  CHECK(parse("[" + no_time + "}]").reason() == "not_an_object");
  CHECK(parse(no_time + ",}").reason() == "invalid_json");
  CHECK(parse(no_time + ",\"\xff\"}").reason() == "invalid_utf8");
}

TEST_CASE("invalid JSON at the end of a line is told before anything in front of it") {
  CHECK(parse(metrics("\"f1\":1,\"f1\":1") + "x").reason() == "invalid_json");
  CHECK(parse("[1,2]]").reason() == "invalid_json");
  CHECK(parse("{}{}").reason() == "invalid_json");
  CHECK(parse(metrics("\"f1\":1") + metrics("\"f1\":1")).reason() == "invalid_json");
}

TEST_CASE("a value that is no object is told as such") {
  CHECK(parse("[1]").detail().starts_with("expected an object, got an array (jq -c "));
  CHECK(parse(" \"a\" ").detail() == "expected an object, got \"a\"");
  CHECK(parse("-1.5e400").reason() == "not_an_object");
  CHECK(parse("null").reason() == "not_an_object");
  CHECK(parse("NaN").reason() == "invalid_json");
}

TEST_CASE("UTF-8 is checked unless the caller has done so") {
  EventParser parser({});
  Event event;
  BadLine bad;
  CHECK(!parser.parse("{\"a\":\"\xc3\"}", false, event, bad));
  CHECK(bad.reason == BadReason::kInvalidUtf8);
  CHECK(bad.detail == "column 7: expected UTF-8, got other bytes");
  CHECK(parse("{\"a\":\"\xed\xa0\x80\"}").reason() == "invalid_utf8");
  CHECK(parse("{\"a\":\"\xc0\x80\"}").reason() == "invalid_utf8");
  CHECK(parse(metrics("\"f1\":1,\"x\":\"\xf0\x9f\x98\x80\"")).reason() == "");
}

TEST_CASE("ignored members are ignored, whatever they hold") {
  const char* const members = GENERATE(
      R"("x":1e400)", R"("x":123456789012345678901234567890)", R"("x":[{"f1":7,"f1":8}])",
      R"("x":1,"x":2)", R"("p_value":7,"p_value":"x")", R"("features":1)", R"("at":null)",
      R"("job":1,"job":2)", R"("x":{"type":1,"model":{}})", R"("name":1,"name":2)",
      R"("data":1,"source":2,"F1":3,"f1 ":4,"":5)", R"("x":"\ud83d\ude00\u0000")");
  CAPTURE(members);
  CHECK(parse(metrics(std::string("\"f1\":1,") + members)).reason() == "");
}

TEST_CASE("ignored members must be valid") {
  const char* const members = GENERATE(R"("x":tru)", R"("x":"\ud800")", R"("x":[1,])", R"("x":01)",
                                       R"("x":1e)", "\"x\":\"\t\"", R"("\q":1)", R"("x":-)");
  CAPTURE(members);
  CHECK(parse(metrics(std::string("\"f1\":1,") + members)).reason() == "invalid_json");
}

TEST_CASE("nesting counts from the line's own object") {
  const auto nested = [](std::size_t depth) {
    return metrics("\"f1\":1,\"x\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  CHECK(parse(nested(999)).reason() == "");
  CHECK(parse(nested(1000)).reason() == "invalid_json");
  CHECK(parse(nested(100'000)).reason() == "invalid_json");
}

TEST_CASE("an unknown type is told with what was probably meant") {
  CHECK(parse(of_type("metrcs", "")).detail() ==
        "type: expected metrics, drift or job, got \"metrcs\" (did you mean \"metrics\"?)");
  CHECK(parse(of_type("heartbeat", "")).detail() ==
        "type: expected metrics, drift or job, got \"heartbeat\"");
  CHECK(parse(of_type("Metrics", "")).reason() == "unknown_type");
  CHECK(parse(of_type("", "")).reason() == "unknown_type");
}

TEST_CASE("while the type is not known nothing else is missing") {
  CHECK(parse(R"({"type":5})").reason() == "wrong_type");
  CHECK(parse(R"({"type":null,"model":{}})").reason() == "missing_field");
  CHECK(parse(R"({"type":["metrics"]})").detail() ==
        "type: expected metrics, drift or job, got an array");
  CHECK(parse(R"({"type":"metrics","type":"drift"})").reason() == "duplicate_field");
  CHECK(parse(R"({"type":5,"model":{"name":"a","name":"a"}})").reason() == "duplicate_field");
  CHECK(parse(R"({"model":5,"model":5})").detail() ==
        "type: missing, expected metrics, drift or job");
}

TEST_CASE("types that observers subscribed to need a model and a time") {
  EventRules rules;
  rules.foreign_types = {"heartbeat", "label\n"};
  const std::string at = R"("at":"2026-02-01T08:00:00Z")";
  const std::string others = R"(,"id":"7","f1":9,"f1":8,"samples":-1)";
  const Parsed line = parse(of_type("label\\n", at + others), rules);
  REQUIRE(line.reason() == "");
  CHECK(line.event.kind == kFirstForeignKind + 1);
  CHECK(line.event.type == "label\n");
  CHECK(line.event.id == "7");
  CHECK(line.event.time_ns == 1'769'932'800'000'000'000);
  CHECK(line.event.samples == -1);
  CHECK(parse(of_type("heartbeat", at), rules).event.kind == kFirstForeignKind);
  CHECK(parse(of_type("heartbeat", "\"x\":1"), rules).reason() == "missing_field");
  CHECK(parse(of_type("heartbeat", at + "," + at), rules).reason() == "duplicate_field");
  CHECK(parse(R"({"type":"heartbeat",)" + at + "}", rules).reason() == "missing_field");
  CHECK(parse(of_type("hartbeat", at), rules).detail().find("\"heartbeat\"") != std::string::npos);
}

TEST_CASE("a CloudEvents envelope is unwrapped") {
  const std::string data = metrics("\"f1\":0.5,\"id\":\"inner\"");
  const Parsed line = parse(R"({"data": )" + data +
                            R"( ,"type":"com.example.m","type2":1,"id":"A\u0031",)"
                            R"("source":"/s","specversion":"1.0"})");
  REQUIRE(line.reason() == "");
  CHECK(line.event.kind == kMetrics);
  CHECK(line.event.f1 == 0.5);
  CHECK(line.event.id == "A1");
  CHECK(line.event.id_source == "/s");
  CHECK(line.event.json == data);
}

TEST_CASE("an envelope must be complete") {
  const std::string data = metrics("\"f1\":0.5");
  const auto envelope = [&](const std::string& members) {
    return parse("{" + members + ",\"data\":" + data + "}");
  };
  CHECK(envelope(R"("specversion":"1.0","id":"1","source":"s","type":"t")").reason() == "");
  CHECK(envelope(R"("specversion":"1.0","source":"s","type":"t")").detail() == "id: missing");
  CHECK(envelope(R"("specversion":"1.0","id":"1","type":"t")").reason() == "missing_field");
  CHECK(envelope(R"("specversion":"1.0","id":"1","source":"s")").reason() == "missing_field");
  CHECK(envelope(R"("specversion":"1.0","id":null,"source":"s","type":"t")").reason() == "missing_field");
  CHECK(envelope(R"("specversion":null,"id":"1","source":"s","type":"t")").reason() == "unknown_type");
  CHECK(parse(metrics(R"("f1":0.5,"specversion":null)")).reason() == "");
  CHECK(envelope(R"("specversion":1.0,"id":"1","source":"s","type":"t")").reason() == "wrong_type");
  CHECK(envelope(R"("specversion":"1.0","id":1,"source":"s","type":"t")").reason() == "wrong_type");
  CHECK(envelope(R"("specversion":"1.0","id":"1","source":"s","type":[])").reason() ==
        "wrong_type");
  CHECK(envelope(R"("specversion":"0.3","id":"1","source":"s","type":"t")").detail() ==
        "specversion: expected \"1.0\", got \"0.3\"");
  CHECK(envelope(R"("specversion":"1.0","id":"1","source":"s","type":"t","id":"1")").reason() ==
        "duplicate_field");
  CHECK(envelope(R"("specversion":"1.0","id":"1","source":"s","type":"t","model":1,"model":2)")
            .reason() == "");
}

TEST_CASE("what is wrong within an envelope is told with its place") {
  const std::string head = R"({"specversion":"1.0","id":"1","source":"s","type":"t")";
  CHECK(parse(head + "}").detail() == "data: missing");
  CHECK(parse(head + R"(,"data":"{}"})").reason() == "wrong_type");
  CHECK(parse(head + R"(,"data":null})").detail() == "data: missing, null is absent");
  CHECK(parse(head + R"(,"data":{}})").detail() ==
        "data.type: missing, expected metrics, drift or job");
  CHECK(parse(head + ",\"data\":" + metrics("\"f1\":1", model("a", "v1")) + "}").detail() ==
        "data.model.version: expected a semantic version (2.0.0), got \"v1\" "
        "([input] version_scheme = \"any\" takes it)");
  CHECK(parse(head + ",\"data\":" + metrics("\"f1\":1,\"id\":5") + "}").detail() ==
        "data.id: expected a string, got 5");
}

TEST_CASE("an envelope within an envelope is not unwrapped again") {
  const std::string head = R"({"specversion":"1.0","id":"1","source":"s","type":"t","data":)";
  CHECK(parse(head + head + metrics("\"f1\":1") + "}}").reason() == "unknown_type");
  CHECK(parse(head + metrics("\"f1\":1,\"specversion\":5") + "}").reason() == "");
}

TEST_CASE("values are shown shortened, at the border of a character, with controls escaped") {
  const std::string umlauts = [] {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "\xc3\xa4";
    return text;
  }();
  const std::string detail = parse(metrics("\"f1\":\"" + umlauts + "\"")).detail();
  CHECK(detail == "f1: expected a number in [0, 1], got \"" + umlauts.substr(0, 56) + "...");
  CHECK(parse(metrics("\"f1\":\"\x7f\"")).detail() ==
        "f1: expected a number in [0, 1], got \"\\x7f\"");
  CHECK(parse(metrics(R"("f1":1,"labels":{"a\nb":1})")).detail() ==
        "labels.a\\nb: expected a string, got 1");
}

TEST_CASE("each reason has a name") {
  CHECK(to_string(BadReason::kLineTooLong) == "line_too_long");
  CHECK(to_string(BadReason::kInvalidUtf8) == "invalid_utf8");
  CHECK(to_string(BadReason::kTruncated) == "truncated");
}
