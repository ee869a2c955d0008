#include "core/event/event_reader.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

std::string captured(const std::string& time) {
  return of_type("metrics", R"("f1":0.5,"captured_at":")" + time + "\"");
}

std::string job(const std::string& members) {
  return of_type("job", members + R"(,"at":"2026-02-01T08:00:00Z")");
}

std::string with_model(const std::string& members) {
  return metrics("\"f1\":1", "{" + members + "}");
}

}  // namespace

TEST_CASE("a figure is a number in [0, 1]; one that lies outside by at most 1e-9 is the nearest end") {
  CHECK(parse(metrics("\"f1\":0")).event.f1 == 0);
  CHECK(parse(metrics("\"f1\":1.0")).event.f1 == 1);
  CHECK(parse(metrics("\"f1\":0.1")).event.f1 == 0.1);
  CHECK(parse(metrics("\"f1\":1e-400")).event.f1 == 0);
  CHECK(parse(metrics("\"f1\":5e-324")).event.f1 == 5e-324);
  CHECK(parse(metrics("\"f1\":0.12345678901234567890123")).event.f1 == 0.12345678901234567890123);
  CHECK(!std::signbit(parse(metrics("\"f1\":-0.0")).event.f1));
  CHECK(parse(metrics("\"f1\":1.0000000000000002")).event.f1 == 1);
  CHECK(parse(metrics("\"f1\":1.000000001")).event.f1 == 1);
  CHECK(parse(metrics("\"f1\":1000000001e-9")).event.f1 == 1);
  CHECK(parse(metrics("\"f1\":-1e-300")).event.f1 == 0);
  CHECK(parse(metrics("\"f1\":-0.000000001")).event.f1 == 0);
  CHECK(!std::signbit(parse(metrics("\"f1\":-1e-10")).event.f1));
  CHECK(parse(drift("\"p_value\":1.0000000000000002")).event.p_value == 1);
  CHECK(parse(drift(R"("features":{"a":{"p_value":-1e-12}})")).event.features[0].p_value == 0);

  CHECK(parse(metrics("\"f1\":1.5")).detail() == "f1: expected a number in [0, 1], got 1.5");
  CHECK(parse(metrics("\"f1\":1.0000000011")).reason() == "out_of_range");
  CHECK(parse(metrics("\"f1\":-0.0000000011")).reason() == "out_of_range");
  CHECK(parse(drift("\"magnitude\":-1e-300")).reason() == "out_of_range");
  CHECK(parse(metrics("\"f1\":1e400")).reason() == "out_of_range");
  CHECK(parse(metrics("\"accuracy\":\"0.5\"")).reason() == "wrong_type");
  CHECK(parse(metrics("\"precision\":{}")).reason() == "wrong_type");
  CHECK(parse(metrics("\"recall\":false")).reason() == "wrong_type");
}

TEST_CASE("a metrics event needs a figure") {
  CHECK(parse(metrics("\"x\":1")).reason() == "missing_field");
  CHECK(parse(metrics("\"f1\":null,\"recall\":null")).reason() == "missing_field");
  CHECK(parse(metrics("\"metrics\":{}")).reason() == "missing_field");
  CHECK(parse(metrics("\"metrics\":{},\"f1\":1")).reason() == "");
  CHECK(parse(metrics("\"metrics\":{\"auc\":1}")).reason() == "");
  CHECK(parse(metrics("\"metrics\":null")).reason() == "missing_field");
  CHECK(parse(metrics("\"metrics\":{\"auc\":null}")).reason() == "missing_field");
  CHECK(parse(metrics("\"p_value\":1")).reason() == "missing_field");
}

TEST_CASE("further metrics are finite numbers, sorted by name") {
  const Parsed line = parse(metrics(R"("metrics":{"rmse":3.2,"auc":-1e300,"\u0061":1e-400})"));
  REQUIRE(line.reason() == "");
  REQUIRE(line.event.metrics.size() == 3);
  CHECK(line.event.metrics[0] == std::pair<std::string_view, double>("a", 0));
  CHECK(line.event.metrics[1] == std::pair<std::string_view, double>("auc", -1e300));
  CHECK(line.event.metrics[2] == std::pair<std::string_view, double>("rmse", 3.2));
  CHECK(parse(metrics(R"("metrics":{"a":1e400})")).detail() ==
        "metrics.a: expected a finite number, got 1e400");
  CHECK(parse(metrics(R"("metrics":{"a":1,"b":2,"\u0061":1})")).detail() ==
        "metrics.a: expected once in its object, got it twice");
  CHECK(parse(metrics(R"("metrics":[1])")).reason() == "wrong_type");
}

TEST_CASE("samples is an integer literal of 63 bits") {
  const auto samples = [](const std::string& value) {
    const Parsed line = parse(metrics("\"f1\":1,\"samples\":" + value));
    return line.good ? std::to_string(line.event.samples) : line.reason();
  };
  CHECK(samples("0") == "0");
  CHECK(samples("-0") == "0");
  CHECK(samples("9223372036854775807") == "9223372036854775807");
  CHECK(samples("9223372036854775808") == "out_of_range");
  CHECK(samples("-1") == "out_of_range");
  CHECK(samples("123456789012345678901234567890") == "out_of_range");
  CHECK(samples("1.0") == "wrong_type");
  CHECK(samples("1e3") == "wrong_type");
  CHECK(samples("1e400") == "wrong_type");
  CHECK(samples("\"1\"") == "wrong_type");
  CHECK(samples("null") == "-1");
}

TEST_CASE("labels are strings, sorted by name; id and feature are strings") {
  const Parsed line = parse(
      drift(R"("p_value":0,"labels":{"z":"","team":"a\"b","\u00e4":"\u00e4"},)"
            R"("id":"\ud83d\ude00","feature":"age")"));
  REQUIRE(line.reason() == "");
  REQUIRE(line.event.labels.size() == 3);
  CHECK(line.event.labels[0] == std::pair<std::string_view, std::string_view>("team", "a\"b"));
  CHECK(line.event.labels[1] == std::pair<std::string_view, std::string_view>("z", ""));
  CHECK(line.event.labels[2] ==
        std::pair<std::string_view, std::string_view>("\xc3\xa4", "\xc3\xa4"));
  CHECK(line.event.id == "\xf0\x9f\x98\x80");
  CHECK(line.event.feature == "age");
  CHECK(parse(drift(R"("p_value":0,"labels":{"a":1})")).reason() == "wrong_type");
  CHECK(parse(drift(R"("p_value":0,"labels":[])")).reason() == "wrong_type");
  CHECK(parse(drift(R"("p_value":0,"labels":{"a":"","\u0061":""})")).reason() == "duplicate_field");
  CHECK(parse(drift(R"("p_value":0,"id":7)")).reason() == "wrong_type");
  CHECK(parse(drift(R"("p_value":0,"feature":1)")).reason() == "wrong_type");
  CHECK(parse(drift(R"("p_value":0,"id":"","i\u0064":"")")).reason() == "duplicate_field");
}

TEST_CASE("a drift event needs a p-value, a magnitude, or features") {
  CHECK(parse(drift("\"p_value\":1")).reason() == "");
  CHECK(parse(drift("\"magnitude\":1e300")).reason() == "");
  CHECK(parse(drift("\"x\":1")).reason() == "missing_field");
  CHECK(parse(drift("\"features\":{}")).reason() == "missing_field");
  CHECK(parse(drift("\"p_value\":null")).reason() == "missing_field");
  CHECK(parse(drift("\"p_value\":1.1")).reason() == "out_of_range");
  CHECK(parse(drift("\"magnitude\":-1")).detail() ==
        "magnitude: expected a finite number >= 0, got -1");
  CHECK(parse(drift("\"magnitude\":1e309")).reason() == "out_of_range");
}

TEST_CASE("features give the event's figures, those of the smallest p, the first of equals") {
  const std::string features =
      R"("features":{"z":{"p_value":0.02,"magnitude":7},"a":{"magnitude":8,"p_value":0.02},)"
      R"("m":{"p_value":0.5}})";
  const Parsed line = parse(drift(features));
  REQUIRE(line.reason() == "");
  CHECK(line.event.p_value == 0.02);
  CHECK(line.event.magnitude == 7);
  REQUIRE(line.event.features.size() == 3);
  CHECK(line.event.features[0].name == "a");
  CHECK(line.event.features[0].magnitude == 8);
  CHECK(line.event.features[1].name == "m");
  CHECK(std::isnan(line.event.features[1].magnitude));
  CHECK(line.event.features[2].p_value == 0.02);

  const Parsed own = parse(drift(features + ",\"p_value\":0.9"));
  CHECK(own.event.p_value == 0.9);
  CHECK(std::isnan(own.event.magnitude));
  const Parsed half = parse(drift(features + ",\"magnitude\":3"));
  CHECK(half.event.p_value == 0.02);
  CHECK(half.event.magnitude == 3);
}

TEST_CASE("where no feature has a p, the event's magnitude is the largest of theirs") {
  const std::string features = R"("features":{"z":{"magnitude":0.2},"a":{"magnitude":0.4},"m":{"magnitude":0}})";
  const Parsed line = parse(drift(features));
  REQUIRE(line.reason() == "");
  CHECK(std::isnan(line.event.p_value));
  CHECK(line.event.magnitude == 0.4);
  CHECK(parse(drift(features + ",\"magnitude\":0.1")).event.magnitude == 0.1);
  CHECK(parse(drift(R"("features":{"a":{"magnitude":9},"b":{"p_value":1}})")).event.p_value == 1);
  CHECK(std::isnan(parse(drift(R"("features":{"a":{"magnitude":9},"b":{"p_value":1}})")).event.magnitude));
}

TEST_CASE("null is absent, in every known member") {
  const Parsed one = parse(metrics(
      R"("f1":0.5,"accuracy":null,"precision":null,"recall":null,"samples":null,"id":null,"labels":null,)"
      R"("metrics":null)"));
  REQUIRE(one.reason() == "");
  CHECK(std::isnan(one.event.accuracy));
  CHECK(one.event.samples == -1);
  CHECK(one.event.id.empty());
  const Parsed inner = parse(metrics(R"("metrics":{"b":null,"auc":1,"a":null},"labels":{"t":null,"u":""})"));
  REQUIRE(inner.reason() == "");
  REQUIRE(inner.event.metrics.size() == 1);
  CHECK(inner.event.metrics[0].first == "auc");
  REQUIRE(inner.event.labels.size() == 1);
  CHECK(inner.event.labels[0].first == "u");
  const Parsed tests = parse(drift(
      R"("p_value":null,"magnitude":null,"feature":null,)"
      R"("features":{"n":null,"a":{"p_value":0.5,"magnitude":null},"b":{"p_value":null,"magnitude":1}})"));
  REQUIRE(tests.reason() == "");
  CHECK(tests.event.p_value == 0.5);
  CHECK(tests.event.features.size() == 2);
  CHECK(parse(drift("\"p_value\":0.5,\"features\":null")).reason() == "");
  CHECK(parse(job(R"("job":"1","status":"done","note":null)")).reason() == "");
}

TEST_CASE("a required member that is null is missing") {
  CHECK(parse(metrics("\"f1\":1", "null")).detail() == "model: missing, null is absent");
  CHECK(parse(metrics("\"f1\":null")).reason() == "missing_field");
  CHECK(parse(of_type("metrics", R"("f1":0.5,"captured_at":null)")).reason() == "missing_field");
  CHECK(parse(drift(R"("features":{"a":null})")).reason() == "missing_field");
  CHECK(parse(drift(R"("features":{"a":{"p_value":null}})")).reason() == "missing_field");
  CHECK(parse(R"({"type":null,"model":)" + kModel + "}").reason() == "missing_field");
}

TEST_CASE("a member that stands twice is refused, also where it is null") {
  CHECK(parse(metrics("\"f1\":null,\"f1\":0.5")).reason() == "duplicate_field");
  CHECK(parse(metrics("\"f1\":0.5,\"f1\":null")).reason() == "duplicate_field");
  CHECK(parse(metrics(R"("metrics":{"auc":null,"auc":0.5})")).reason() == "duplicate_field");
  CHECK(parse(drift(R"("p_value":1,"labels":{"a":null,"a":null})")).reason() == "duplicate_field");
}

TEST_CASE("each feature is an object of the two figures") {
  const auto reason = [](const std::string& features) {
    return parse(drift("\"features\":" + features)).reason();
  };
  CHECK(reason(R"({"a":{"p_value":0.5,"x":null,"x":1}})") == "");
  CHECK(reason(R"([])") == "wrong_type");
  CHECK(reason(R"({"a":0.5})") == "wrong_type");
  CHECK(reason(R"({"a":{}})") == "missing_field");
  CHECK(reason(R"({"a":{"magnitude":1}})") == "");
  CHECK(reason(R"({"a":{"magnitude":1},"b":{"p_value":1}})") == "");
  CHECK(reason(R"({"a":{"p_value":2}})") == "out_of_range");
  CHECK(reason(R"({"a":{"p_value":1,"p_value":1}})") == "duplicate_field");
  CHECK(reason(R"({"a":{"p_value":1},"b":{"p_value":1},"a":{"p_value":1}})") == "duplicate_field");
  CHECK(parse(drift(R"("features":{"age":{"p_value":2}})")).detail() ==
        "features.age.p_value: expected a number in [0, 1], got 2");
}

TEST_CASE("a job event is decoded") {
  const Parsed line = parse(job(R"("job":"01\u0041","status":"done","note":"","id":"i")"));
  REQUIRE(line.reason() == "");
  CHECK(line.event.kind == kJob);
  CHECK(line.event.job == "01A");
  CHECK(line.event.status == "done");
  CHECK(line.event.note.empty());
  CHECK(line.event.id == "i");
  CHECK(parse(job(R"("job":"1","status":"failed")")).reason() == "");
  CHECK(parse(job(R"("job":"1","status":"cancelled","samples":-1,"samples":"x")")).reason() == "");
}

TEST_CASE("a job event needs job, status and at") {
  CHECK(parse(job(R"("status":"done")")).reason() == "missing_field");
  CHECK(parse(job(R"("job":"1")")).reason() == "missing_field");
  CHECK(parse(of_type("job", R"("job":"1","status":"done")")).reason() == "missing_field");
  CHECK(parse(job(R"("job":1,"status":"done")")).reason() == "wrong_type");
  CHECK(parse(job(R"("job":"1","status":null)")).reason() == "missing_field");
  CHECK(parse(job(R"("job":"1","status":"done","note":7)")).reason() == "wrong_type");
  CHECK(parse(job(R"("job":"1","status":"Done")")).detail() ==
        "status: expected done, failed or cancelled, got \"Done\"");
  CHECK(parse(job(R"("job":"1","status":"queued")")).reason() == "out_of_range");
  CHECK(parse(job(R"("job":"1","status":"done","note":"","note":"")")).reason() ==
        "duplicate_field");
}

TEST_CASE("a model is an object with name, version and deployed_at") {
  const std::string name = R"("name":"a")", version = R"("version":"1.0.0")",
                    time = R"("deployed_at":"2026-01-01T00:00:00Z")";
  const std::string others = R"("x":1,"x":2,"f1":[])";
  CHECK(parse(with_model(time + "," + version + "," + name + "," + others)).reason() == "");
  CHECK(parse(with_model(version + "," + time)).detail() == "model.name: missing");
  CHECK(parse(with_model(name + "," + time)).detail() == "model.version: missing");
  CHECK(parse(with_model(name + "," + version)).detail() == "model.deployed_at: missing");
  CHECK(parse(with_model(name + "," + version + "," + time + ",\"n\\u0061me\":\"a\"")).detail() ==
        "model.name: expected once in its object, got it twice");
  CHECK(parse(with_model("\"name\":null," + version + "," + time)).detail() ==
        "model.name: missing, null is absent");
  CHECK(parse(with_model(name + ",\"version\":1.0," + time)).reason() == "wrong_type");
  CHECK(parse(with_model(name + "," + version + ",\"deployed_at\":0")).reason() == "wrong_type");
  CHECK(parse(metrics("\"f1\":1", "\"a\"")).detail() == "model: expected an object, got \"a\"");
  CHECK(parse(metrics("\"f1\":1,\"model\":" + kModel)).reason() == "duplicate_field");
}

TEST_CASE("a model's name has 1 to 256 bytes after unescaping and no control characters") {
  const auto reason = [](const std::string& name) {
    return parse(metrics("\"f1\":1", model(name))).reason();
  };
  CHECK(reason(std::string(256, 'a')) == "");
  CHECK(reason(std::string(257, 'a')) == "out_of_range");
  CHECK(reason(std::string(254, 'a') + "\\u00e4") == "");
  CHECK(reason(std::string(255, 'a') + "\\u00e4") == "out_of_range");
  CHECK(reason("") == "out_of_range");
  CHECK(reason("a\\nb") == "out_of_range");
  CHECK(reason("\\u0000") == "out_of_range");
  CHECK(reason("\x7f") == "out_of_range");
  CHECK(reason("\\u007f") == "out_of_range");
  CHECK(reason("\\u0080 \\u2028") == "");
  CHECK(parse(metrics("\"f1\":1", model("\\u00e4\\ud83d\\ude00\\/"))).event.model_name ==
        "\xc3\xa4\xf0\x9f\x98\x80/");
}

TEST_CASE("a version is semver unless any is taken") {
  EventRules any;
  any.any_version = true;
  const auto reason = [](const std::string& version, const EventRules& rules) {
    return parse(metrics("\"f1\":1", model("a", version)), rules).reason();
  };
  CHECK(reason("1.0.0-rc.1+b", {}) == "");
  CHECK(reason("v1", {}) == "invalid_version");
  CHECK(reason("v1", any) == "");
  CHECK(reason("", any) == "invalid_version");
  CHECK(reason(std::string(128, 'a'), any) == "");
  CHECK(reason(std::string(129, 'a'), any) == "invalid_version");
  CHECK(reason("a\\tb", any) == "invalid_version");
  CHECK(parse(metrics("\"f1\":1", model("a", ""))).detail() ==
        "model.version: expected a semantic version (2.0.0), got \"\"");
}

TEST_CASE("the time of an event lies within 64-bit nanoseconds") {
  CHECK(parse(captured("1677-09-21T00:12:43.145224192Z")).event.time_ns ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(parse(captured("2262-04-11T23:47:16.854775807Z")).event.time_ns ==
        std::numeric_limits<std::int64_t>::max());
  CHECK(parse(captured("1677-09-21T00:12:43.145224191Z")).reason() == "out_of_range");
  CHECK(parse(captured("2262-04-11T23:47:16.854775808Z")).reason() == "out_of_range");
  CHECK(parse(captured("0001-01-01T00:00:00Z")).reason() == "out_of_range");
  CHECK(parse(captured("9999-12-31T23:59:59Z")).reason() == "out_of_range");
  CHECK(parse(captured("0000-01-01T00:00:00Z")).reason() == "out_of_range");
  CHECK(parse(captured("2026-02-01T08:00:00")).reason() == "invalid_time");
  CHECK(parse(captured("2026-02-30T08:00:00Z")).reason() == "invalid_time");
  CHECK(parse(captured("\\u0032026-02-01T09:00:00+01:00")).event.time_ns ==
        1'769'932'800'000'000'000);
  CHECK(parse(of_type("metrics", "\"f1\":1")).detail() == "captured_at: missing");
  CHECK(parse(of_type("metrics", "\"f1\":1,\"captured_at\":1769932800")).reason() == "wrong_type");
}

TEST_CASE("times are taken more freely where the configuration says so") {
  EventRules lenient;
  lenient.lenient_times = true;
  const auto ns = [&](const std::string& time) { return parse(captured(time), lenient).event.time_ns; };
  constexpr std::int64_t kNine = 1'769'936'400'000'000'000;  // 2026-02-01T09:00:00Z
  for (const char* time : {"2026-02-01 09:00:00Z", "2026-02-01T09:00:00", "2026-02-01 09:00:00",
                           "2026-02-01 11:00:00+0200", "2026-02-01T11:00:00+02", "2026-02-01T07:30:00-0130",
                           "2026-02-01 09:00:00.000", "2026-02-01T11:00:00.0+02:00", "2026-02-01t09:00:00z"}) {
    INFO(time);
    CHECK(ns(time) == kNine);
    if (std::string(time) == "2026-02-01T11:00:00.0+02:00") continue;
    if (std::string(time) == "2026-02-01t09:00:00z") continue;
    const Parsed strict = parse(captured(time));
    CHECK(strict.reason() == "invalid_time");
    CHECK(strict.detail().ends_with("([input] times = \"lenient\" takes it)"));
  }
  for (const char* time : {"2026-02-01", "2026-02-01  09:00:00", "2026-02-01T09:00", "2026-02-01T09:00:00 Z",
                           "2026-02-01T09:00:00+2", "2026-02-01T09:00:00+020", "2026-02-01T09:00:00+02:",
                           "2026-02-01T09:00:00+24", "2026-02-01T09:00:00.", "2026-02-01T09:00:00+02000"}) {
    INFO(time);
    CHECK(parse(captured(time), lenient).reason() == "invalid_time");
    CHECK(parse(captured(time)).detail().find("lenient") == std::string::npos);
  }
  CHECK(parse(metrics("\"f1\":1", model("a", "1.0.0", "2026-01-01 00:00:00")), lenient).good);
}

TEST_CASE("NaN and the infinities are null where the configuration says so") {
  EventRules nan;
  nan.nan_is_null = true;
  const std::string line = metrics("\"f1\":0.5,\"accuracy\":NaN,\"metrics\":{\"a\":Infinity,\"b\":-Infinity},"
                                   "\"ignored\":[NaN,{\"k\":-Infinity}]");
  const Parsed taken = parse(line, nan);
  REQUIRE(taken.reason() == "");
  CHECK(std::isnan(taken.event.accuracy));
  CHECK(taken.event.metrics.empty());
  CHECK(parse(metrics("\"f1\":NaN"), nan).reason() == "missing_field");
  for (const char* word : {"nan", "NAN", "Nan", "inf", "Inf", "+Infinity", "-NaN", "Infinit", "NaNs"}) {
    INFO(word);
    CHECK(parse(metrics(std::string("\"f1\":0.5,\"x\":") + word), nan).reason() == "invalid_json");
  }
  const Parsed refused = parse(line);
  CHECK(refused.reason() == "invalid_json");
  CHECK(refused.detail().ends_with("expected a value, got NaN ([input] nan = \"null\" takes it as null)"));
  CHECK(parse(metrics("\"f1\":-Infinity")).detail().ends_with(
      "got -Infinity ([input] nan = \"null\" takes it as null)"));
}

TEST_CASE("a model may be deployed in the years 0001 to 9999") {
  const auto reason = [](const std::string& time) {
    return parse(metrics("\"f1\":1", model("a", "1.0.0", time))).reason();
  };
  CHECK(reason("0001-01-01T00:00:00Z") == "");
  CHECK(reason("9999-12-31T23:59:59.999999999Z") == "");
  CHECK(reason("0000-12-31T23:59:59Z") == "out_of_range");
  CHECK(reason("0001-01-01T00:00:00+01:00") == "out_of_range");
  CHECK(reason("9999-12-31T23:59:59-01:00") == "out_of_range");
  CHECK(reason("2026-01-01T24:00:00Z") == "invalid_time");
  CHECK(reason("2026-01-01T23:59:60Z") == "invalid_time");
  CHECK(reason("") == "invalid_time");
}
