#include "core/event/projector.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "core/event/block_parser.h"

using namespace mlmon;
using Type = Projection::Type;

namespace {

/// The columns of some events for one projection.
struct Projected {
  Projected(const std::string& pointer, Type type, const std::vector<std::string>& events) {
    Projector projector({{pointer, type, ""}}, {Projector::kEveryKind});
    for (const std::string& event : events) projector.append(event, kMetrics, columns);
  }
  const ProjectedColumn& column() const { return columns.columns.at(0); }
  std::string text(std::size_t row) const {
    if (column().text_off.at(row) == kAbsentText) return "(absent)";
    return columns.text.substr(column().text_off[row], column().text_len.at(row));
  }
  ProjectedColumns columns;
};

std::string text_at(const std::string& pointer, const std::string& event) {
  return Projected(pointer, Type::kText, {event}).text(0);
}
std::string json_at(const std::string& pointer, const std::string& event) {
  return Projected(pointer, Type::kJson, {event}).text(0);
}
double number_at(const std::string& pointer, const std::string& event) {
  return Projected(pointer, Type::kNumber, {event}).column().numbers.at(0);
}
std::int64_t integer_at(const std::string& pointer, const std::string& event, Type type = Type::kInteger) {
  return Projected(pointer, type, {event}).column().integers.at(0);
}

using Tokens = std::vector<std::string>;

Tokens tokens_of(std::string_view pointer) {
  Tokens tokens;
  if (!split_json_pointer(pointer, tokens)) return {"(none)"};
  return tokens;
}

}  // namespace

TEST_CASE("a pointer is what RFC 6901 says") {
  CHECK(tokens_of("").empty());
  CHECK(tokens_of("/") == Tokens{""});
  CHECK(tokens_of("/a/b~1c/m~0n/~01") == Tokens{"a", "b/c", "m~n", "~1"});
  for (const char* none : {"a", "a/b", "/~", "/~2", "/a~"}) CHECK(tokens_of(none) == Tokens{"(none)"});
  std::string longest;
  for (std::size_t i = 0; i < kMostPointerTokens; ++i) longest += "/x";
  CHECK(tokens_of(longest).size() == kMostPointerTokens);
  CHECK(tokens_of(longest + "/x") == Tokens{"(none)"});
}

TEST_CASE("a text is unescaped, whatever is around it") {
  CHECK(text_at("/team", R"({"a":{"team":"no"},"b":["team","x"],"team" : "red" ,"c":1})") == "red");
  CHECK(text_at("/a/b", R"({"a":{"x":{"b":"no"},"b":"yes\n\u00e4\"\\"}})") == "yes\n\u00e4\"\\");
  CHECK(text_at("/te\"am", R"({"te\"am":"x"})") == "x");
  CHECK(text_at("/t\u00e4", R"({"t\u00E4":""})").empty());
  CHECK(text_at("/a", R"({"b":"}]\"","a":"[{"})") == "[{");
}

TEST_CASE("what is missing or of another type is absent") {
  for (const char* event : {R"({})", R"({"x":null})", R"({"y":"1"})", R"({"x":{"x":"no"}})", R"({"x":[1]})",
                            R"({"x":true})", R"({"x":1})"}) {
    INFO(event);
    CHECK(text_at("/x", event) == "(absent)");
  }
  for (const char* event : {R"({})", R"({"x":null})", R"({"x":"1"})", R"({"x":1e400})", R"({"x":[1]})"}) {
    INFO(event);
    CHECK(std::isnan(number_at("/x", event)));
    CHECK(integer_at("/x", event) == kAbsentInteger);
    CHECK(integer_at("/x", event, Type::kBoolean) == kAbsentInteger);
  }
  for (const char* event : {R"({"x":1.0})", R"({"x":1e3})", R"({"x":9223372036854775808})"}) {
    CHECK(integer_at("/x", event) == kAbsentInteger);
  }
  CHECK(json_at("/x", R"({"y":1})") == "(absent)");
}

TEST_CASE("numbers, integers, booleans and raw values are what stands there") {
  CHECK(number_at("/x", R"({"x":-2.5e2})") == -250);
  CHECK(number_at("/x", R"({"x":1e-400})") == 0);
  CHECK(integer_at("/x", R"({"x":9223372036854775807})") == INT64_MAX);
  CHECK(integer_at("/x", R"({"x":-0})") == 0);
  CHECK(integer_at("/x", R"({"x":true})", Type::kBoolean) == 1);
  CHECK(integer_at("/x", R"({"x":false})", Type::kBoolean) == 0);
  CHECK(json_at("/x", R"({"x": {"a" : [1, "}"]} })") == R"({"a" : [1, "}"]})");
  CHECK(json_at("/x", R"({"x":null})") == "null");
  CHECK(json_at("/x", R"({"x":1e400})") == "1e400");
  CHECK(json_at("", R"({"x":1})") == R"({"x":1})");
}

TEST_CASE("items of arrays are found by their index, at any depth") {
  CHECK(integer_at("/a/1/b/0", R"({"a":[{"b":[7]},{"b":[8,9]}]})") == 8);
  CHECK(integer_at("/a/0", R"({"a":{"0":5}})") == 5);
  CHECK(integer_at("/a/01", R"({"a":[1,2]})") == kAbsentInteger);
  CHECK(integer_at("/a/-", R"({"a":[1,2]})") == kAbsentInteger);
  CHECK(integer_at("/a/2", R"({"a":[1,2]})") == kAbsentInteger);
  std::string deep = "1", pointer;
  for (std::size_t i = 0; i < kMostPointerTokens; ++i) {
    deep = "{\"x\":" + deep + "}";
    pointer += "/x";
  }
  CHECK(integer_at(pointer, deep) == 1);
}

TEST_CASE("of a member that stands twice the first counts") {
  CHECK(integer_at("/x", R"({"x":1,"x":2})") == 1);
  CHECK(integer_at("/a/x", R"({"a":{"y":1},"a":{"x":2}})") == kAbsentInteger);
  CHECK(integer_at("/a/x", R"({"a":5,"a":{"x":2}})") == kAbsentInteger);
}

TEST_CASE("fields of one event are found in one walk, also one inside of another") {
  Projector projector({{"/a", Type::kJson, ""}, {"/a/b", Type::kInteger, ""}, {"/a/b", Type::kNumber, ""},
                       {"/c", Type::kText, ""}},
                      {0, 0, 0, 0});
  ProjectedColumns columns;
  projector.append(R"({"c":"x","a":{"b":3,"z":1},"c":"y"})", kMetrics, columns);
  projector.append(R"({"a":{"z":1}})", kMetrics, columns);
  CHECK(columns.columns[0].text_len == std::vector<std::uint32_t>{13, 7});
  CHECK(columns.columns[1].integers == std::vector<std::int64_t>{3, kAbsentInteger});
  CHECK(columns.columns[2].numbers.at(0) == 3);
  CHECK(columns.columns[3].text_off.at(1) == kAbsentText);
}

TEST_CASE("a field of one type of event is absent in the others") {
  Projector projector({{"/x", Type::kInteger, "drift"}, {"/x", Type::kInteger, "nobody's"},
                       {"/x", Type::kInteger, ""}},
                      {kDrift, Projector::kNoKind, Projector::kEveryKind});
  ProjectedColumns columns;
  for (const std::uint32_t kind : {kMetrics, kDrift, kFirstForeignKind}) {
    projector.append(R"({"x":1})", kind, columns);
  }
  const std::int64_t no = kAbsentInteger;
  CHECK(columns.columns[0].integers == std::vector<std::int64_t>{no, 1, no});
  CHECK(columns.columns[1].integers == std::vector<std::int64_t>{no, no, no});
  CHECK(columns.columns[2].integers == std::vector<std::int64_t>{1, 1, 1});
}

TEST_CASE("every value of a random document is found at its pointer, as another library finds it") {
  std::mt19937 random(7);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const std::vector<std::string> keys = {"a", "b", "c/d", "e~f", "", "\"", "\u00e4\n", "0", "1"};
  const std::function<nlohmann::json(int)> value = [&](int depth) -> nlohmann::json {
    switch (below(depth > 0 ? 7u : 5u)) {
      case 0: return below(2) == 0;
      case 1: return nullptr;
      case 2: return static_cast<std::int64_t>(random()) - 2'000'000'000;
      case 3: return static_cast<double>(below(1000)) / 8 + 0.125;
      case 4: return keys[below(9)] + "\\ \u20ac";
      case 5: {
        nlohmann::json object = nlohmann::json::object();
        for (unsigned i = below(5); i > 0; --i) object[keys[below(9)]] = value(depth - 1);
        return object;
      }
      default: {
        nlohmann::json array = nlohmann::json::array();
        for (unsigned i = below(4); i > 0; --i) array.push_back(value(depth - 1));
        return array;
      }
    }
  };
  std::size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    nlohmann::json document = nlohmann::json::object();
    for (const std::string& key : keys) document[key] = value(4);
    const std::string text = document.dump(round % 2 == 0 ? -1 : 2, ' ', round % 3 == 0);
    std::vector<Projection> projections;
    const nlohmann::json leaves = document.flatten();
    for (const auto& [pointer, leaf] : leaves.items()) {
      projections.push_back({pointer, Type::kJson, ""});
    }
    projections.push_back({"/a/none such", Type::kJson, ""});
    Projector projector(projections, std::vector<std::uint32_t>(projections.size(), 0));
    ProjectedColumns columns;
    projector.append(text, kMetrics, columns);
    for (std::size_t i = 0; i + 1 < projections.size(); ++i) {
      const ProjectedColumn& column = columns.columns[i];
      INFO(text << " " << projections[i].pointer);
      REQUIRE(column.text_off.at(0) != kAbsentText);
      const std::string at = columns.text.substr(column.text_off[0], column.text_len.at(0));
      REQUIRE(nlohmann::json::parse(at) == document.at(nlohmann::json::json_pointer(projections[i].pointer)));
      ++found;
    }
    REQUIRE(columns.columns.back().text_off.at(0) == kAbsentText);
  }
  CHECK(found > 3000);
}

TEST_CASE("a batch has the fields of its events, of an envelope those of its data") {
  EventRules rules;
  rules.projections = {{"/team", Type::kText, ""}, {"/note", Type::kText, "job"}};
  ModelTable models;
  BlockParser parser(rules, models, 1 << 20);
  const std::string model = R"("model":{"name":"m","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"})";
  const std::string text =
      R"({"type":"metrics","f1":0.5,"captured_at":"2026-01-02T00:00:00Z","team":"red",)" + model + "}\n" +
      "no event\n" +
      R"({"specversion":"1.0","id":"1","source":"s","type":"t","team":"no","data":)" +
      R"({"type":"job","job":"J","status":"done","at":"2026-01-02T00:00:00Z","team":"blue","note":"n",)" + model + "}}\n";
  Batch batch;
  batch.block.buffer.assign(text.begin(), text.end());
  batch.block.buffer.resize(text.size() + RawBlock::kPadding);
  batch.block.size = text.size();
  parser.parse(batch);
  REQUIRE(batch.rows() == 2);
  CHECK(batch.projected.text == "redbluen");
  CHECK(batch.projected.columns[1].text_off == std::vector<std::uint32_t>{kAbsentText, 7});
  REQUIRE(batch.jobs.size() == 1);
  CHECK(batch.jobs[0].row == 1);
  CHECK(batch.jobs[0].job == "J");
  batch.cut_at_first_bad();
  CHECK(batch.projected.columns[0].text_off.size() == 1);
  CHECK(batch.jobs.empty());
  batch.clear();
  CHECK(batch.projected.columns[0].text_off.empty());
}
