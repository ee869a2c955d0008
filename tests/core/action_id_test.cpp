#include "core/action/action_id.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

const Model kAbout = {"fraud", "2.1.0", *parse_rfc3339("2026-01-01T00:00:00Z"),
                      "2026-01-01T00:00:00Z"};

std::string id_of(const std::string& line,
                  const ActionKey& key = {"alert", "alert", "low_f1", "firing"},
                  const Model& about = kAbout) {
  const Parsed parsed(line);
  INFO(line << ": " << parsed.detail());
  REQUIRE(parsed.good);
  return action_id(key, about, parsed.event);
}

std::string event(const std::string& members) { return metrics(members); }

std::string at(const std::string& time) {
  return of_type("metrics", "\"f1\":0.5,\"captured_at\":\"" + time + "\"");
}

}  // namespace

TEST_CASE("an id does not move by accident") {
  // Stores and other systems know ids: a change of this value makes every old action new once more.
  CHECK(id_of(event(R"("f1":0.5)")) == "4RJ088232G0002Y5TFP87E7B7T");
}

TEST_CASE("an id is 26 digits and capitals without I, L, O and U") {
  for (const char* time : {"1677-09-21T00:12:43.145224192Z", "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00Z", "2262-04-11T23:47:16.854775807Z"}) {
    const std::string id = id_of(at(time));
    CHECK(id.size() == 26);
    CHECK(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos);
  }
}

TEST_CASE("how a line is written does not matter") {
  const std::string id = id_of(event(R"("f1":0.5,"accuracy":0.25)"));
  for (const std::string& same :
       {event(R"("accuracy":0.25,"f1":0.5)"), event(R"("f1":5e-1,"accuracy":0.250)"),
        event(R"("f1":0.50,"accuracy":25e-2)"), event(R"( "f1" : 0.5 , "accuracy" : 0.25 )"),
        event(R"("f1":0.5,"accuracy":0.25,"ignored":{"f1":1})"),
        event(R"("f1":0.5,"accuracy":0.25,"recall":null)"),
        event(R"("\u0066\u0031":0.5,"accuracy":0.25)"), event(R"("f1":0.5,"accuracy":0.25)") + "\r",
        of_type("metrics", R"("captured_at":"2026-02-01T09:00:00+01:00","f1":0.5,"accuracy":0.25)"),
        of_type("metrics", R"("captured_at":"2026-02-01t08:00:00.000z","f1":0.5,"accuracy":0.25)"),
        metrics(R"("f1":0.5,"accuracy":0.25)",
                model("fraud", "2.1.0", "2025-12-31T23:00:00-01:00")),
        metrics(R"("f1":0.5,"accuracy":0.25)", model("fr\\u0061ud", "2.1.0"))}) {
    CHECK(id_of(same) == id);
  }
}

TEST_CASE("the order of labels, metrics and features does not matter") {
  CHECK(id_of(event(R"("f1":0.5,"labels":{"a":"1","b":"2"})")) ==
        id_of(event(R"("f1":0.5,"labels":{"b":"2","a":"1"})")));
  CHECK(id_of(event(R"("metrics":{"a":1,"b":2.50})")) ==
        id_of(event(R"("metrics":{"b":2.5,"a":1.0})")));
  CHECK(id_of(drift(R"("p_value":0.5,"features":{"a":{"p_value":0.5},"b":{"magnitude":1}})")) ==
        id_of(drift(R"("p_value":0.5,"features":{"b":{"magnitude":1},"a":{"p_value":0.5}})")));
}

TEST_CASE("minus zero is zero, and a number too small for doubles too") {
  CHECK(id_of(event(R"("f1":-0.0)")) == id_of(event(R"("f1":0)")));
  CHECK(id_of(event(R"("f1":1e-400)")) == id_of(event(R"("f1":0)")));
}

TEST_CASE("a change of any known field is another event") {
  std::map<std::string, std::string> lines;  // by id
  for (const std::string& line :
       {event(R"("f1":0.5)"),
        event(R"("f1":0.5000000000000001)"),
        event(R"("accuracy":0.5)"),
        event(R"("precision":0.5)"),
        event(R"("recall":0.5)"),
        event(R"("f1":0)"),
        event(R"("f1":0.5,"accuracy":0)"),
        event(R"("f1":0.5,"samples":0)"),
        event(R"("f1":0.5,"samples":1)"),
        event(R"("f1":0.5,"id":"a")"),
        event(R"("f1":0.5,"id":"b")"),
        event(R"("f1":0.5,"labels":{"a":"b"})"),
        event(R"("f1":0.5,"labels":{"a":"c"})"),
        event(R"("f1":0.5,"labels":{"b":"a"})"),
        event(R"("f1":0.5,"labels":{"ab":""})"),
        event(R"("f1":0.5,"labels":{"":"ab"})"),
        event(R"("f1":0.5,"labels":{"a":"","b":""})"),
        event(R"("f1":0.5,"metrics":{"a":1})"),
        event(R"("f1":0.5,"metrics":{"a":2})"),
        event(R"("f1":0.5,"metrics":{"b":1})"),
        metrics(R"("f1":0.5)", model("other", "2.1.0")),
        metrics(R"("f1":0.5)", model("fraud", "2.1.1")),
        metrics(R"("f1":0.5)", model("fraud", "2.1.0", "2026-01-01T00:00:00.000000001Z")),
        at("2026-02-01T08:00:00.000000001Z"),
        at("2026-02-01T08:00:01Z"),
        drift(R"("p_value":0.5)"),
        drift(R"("magnitude":0.5)"),
        drift(R"("p_value":0.5,"magnitude":0.5)"),
        drift(R"("p_value":0.5,"feature":"age")"),
        drift(R"("p_value":0.5,"feature":"sex")"),
        drift(R"("p_value":0.5,"features":{"age":{"p_value":0.5}})"),
        drift(R"("p_value":0.5,"features":{"age":{"p_value":0.6}})"),
        drift(R"("p_value":0.5,"features":{"age":{"magnitude":0.5}})"),
        drift(R"("p_value":0.5,"features":{"sex":{"p_value":0.5}})"),
        of_type("job", R"("job":"a","status":"done","at":"2026-02-01T08:00:00Z")"),
        of_type("job", R"("job":"b","status":"done","at":"2026-02-01T08:00:00Z")"),
        of_type("job", R"("job":"a","status":"failed","at":"2026-02-01T08:00:00Z")"),
        of_type("job", R"("job":"a","status":"done","note":"x","at":"2026-02-01T08:00:00Z")")}) {
    const auto [known, fresh] = lines.emplace(id_of(line), line);
    INFO(line << " and " << known->second);
    CHECK(fresh);
  }
}

TEST_CASE("an envelope's source and id are the event's id, its other members are not") {
  const auto envelope = [](const std::string& members) {
    return R"({"specversion":"1.0","type":"x",)" + members + R"(,"data":)" + event(R"("f1":0.5)") +
           "}";
  };
  const std::string id = id_of(envelope(R"("id":"1","source":"/a")"));
  CHECK(id == id_of(envelope(R"("source":"/a","time":"2026-01-01T00:00:00Z","id":"1")")));
  CHECK(id != id_of(envelope(R"("id":"2","source":"/a")")));
  CHECK(id != id_of(envelope(R"("id":"1","source":"/b")")));
  CHECK(id != id_of(event(R"("f1":0.5)")));
}

TEST_CASE("observer, type, rule, transition and the model it is about make another action") {
  const std::string line = event(R"("f1":0.5)");
  std::set<std::string> ids;
  for (const ActionKey& key :
       {ActionKey{"a", "b", "c", "d"}, ActionKey{"x", "b", "c", "d"}, ActionKey{"a", "x", "c", "d"},
        ActionKey{"a", "b", "x", "d"}, ActionKey{"a", "b", "c", "x"}, ActionKey{"a", "b", "c", ""},
        ActionKey{"ab", "", "c", "d"}, ActionKey{"", "ab", "c", "d"},
        ActionKey{"a", "b", "cd", ""}}) {
    ids.insert(id_of(line, key));
  }
  Model other = kAbout;
  other.version = "2.1.1";
  ids.insert(id_of(line, {"a", "b", "c", "d"}, other));
  other = kAbout;
  other.name = "fraud2";
  ids.insert(id_of(line, {"a", "b", "c", "d"}, other));
  other = kAbout;
  other.deployed_at.nanos = 1;
  ids.insert(id_of(line, {"a", "b", "c", "d"}, other));
  CHECK(ids.size() == 12);
}

TEST_CASE("ids sort by event time, also before 1970") {
  std::vector<std::string> ids;
  for (const char* time : {"1677-09-21T00:12:43.145224192Z", "1900-01-01T00:00:00Z",
                           "1969-12-31T23:59:58Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z",
                           "1970-01-01T00:00:01Z", "2026-02-01T08:00:00Z", "2038-01-19T03:14:08Z",
                           "2106-02-07T06:28:16Z", "2262-04-11T23:47:16Z"}) {
    ids.push_back(id_of(at(time)));
  }
  CHECK(std::is_sorted(ids.begin(), ids.end()));
}
