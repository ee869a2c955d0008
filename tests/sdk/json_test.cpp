#include <catch2/catch.hpp>
#include <mlmon/json.hpp>

namespace mlmon {
namespace {

std::string error_of(const std::string& text) {
  try {
    Json::parse(text);
  } catch (const config_error& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("json: reads every type, nested, with any white space") {
  const Json json = Json::parse(
      " {\"a\" : [1, -2.5e1 ,true,false,null,\"x\"],\r\n\t\"b\":{\"c\":\"\"} , \"e\":[],\"f\":{} "
      "} ");
  const auto& items = json.at("a").items();
  REQUIRE(items.size() == 6);
  CHECK(items[0].number() == 1);
  CHECK(items[0].integer() == 1);
  CHECK(items[1].number() == -25);
  CHECK(items[2].flag());
  CHECK_FALSE(items[3].flag());
  CHECK(items[5].text() == "x");
  CHECK(json.at("b").text("c").empty());
  CHECK(json.at("e").items().empty());
  CHECK(json.at("f").names().empty());
  CHECK(json.names() == std::vector<std::string>{"a", "b", "e", "f"});
}

TEST_CASE("json: durations are digits and a unit, as the host reads them") {
  const auto ns = [](const std::string& text) { return Json::parse("{\"d\":\"" + text + "\"}").duration_ns("d"); };
  CHECK(ns("500ms") == 500'000'000);
  CHECK(ns("0s") == 0);
  CHECK(ns("90s") == 90'000'000'000);
  CHECK(ns("5m") == 300'000'000'000);
  CHECK(ns("6h") == 21'600'000'000'000);
  CHECK(ns("106751d") == 106'751 * 86'400'000'000'000);
  CHECK(Json::parse(R"({"d":"90s"})").duration_ms("d") == 90'000);
  for (const char* bad : {"", "s", "5", "-5s", "-0s", "1.5s", "5 s", "5s ", " 5s", "1h30m", "5S", "106752d",
                          "99999999999999999999s", "9223372036854775807d"}) {
    INFO(bad);
    CHECK_THROWS_WITH(ns(bad), "d: expected a duration such as \"30s\"");
  }
  CHECK_THROWS_WITH(Json::parse(R"({"d":5})").duration_ns("d"), "d: expected a string, got a number");
}

TEST_CASE("json: has is false for what is missing or null") {
  const Json json = Json::parse(R"({"a":null,"b":0})");
  CHECK_FALSE(json.has("a"));
  CHECK(json.has("b"));
  CHECK_FALSE(json.has("c"));
}

TEST_CASE("json: number_or_off takes false as off and nothing else") {
  const Json json = Json::parse(R"({"a":false,"b":0.5,"c":true})");
  CHECK_FALSE(json.number_or_off("a"));
  CHECK(json.number_or_off("b") == 0.5);
  CHECK_THROWS_WITH(json.number_or_off("c"), "c: expected a number or false, got true");
}

TEST_CASE("json: escapes become UTF-8") {
  CHECK(Json::parse(R"("\"\\\/\b\f\n\r\t")").text() == "\"\\/\b\f\n\r\t");
  CHECK(Json::parse(R"("\u0041\u00e9\u20AC\ud83d\ude00")").text() == "Aé€😀");
  CHECK(Json::parse(R"("\u0000")").text() == std::string(1, '\0'));
}

TEST_CASE("json: refuses what is no RFC 8259 text") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\" 1}",
                           "[1 2]",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "-",
                           "1e",
                           "1e+",
                           "tru",
                           "nulll",
                           "\"",
                           "\"\\",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\u+123\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u",
                           "\"a\nb\"",
                           "1 2",
                           "{} x",
                           "NaN",
                           "Infinity",
                           "'a'"}) {
    INFO(text);
    CHECK(error_of(text) != "none");
  }
  CHECK(error_of(std::string("[1,\0]", 5)) != "none");
  // Of any size where nobody asks for it.
  CHECK(error_of("1e999") == "none");
  CHECK_THROWS(mlmon::Json::parse("1e999").number());
  CHECK(error_of(std::string(100'000, '[')) != "none");
  CHECK(error_of("[1,2") == "JSON, byte 4: expected ',' or ']'");
}

TEST_CASE("json: integers are literals of 64 bits") {
  CHECK(Json::parse("-9223372036854775808").integer() == INT64_MIN);
  CHECK_THROWS(Json::parse("9223372036854775808").integer());
  CHECK_THROWS(Json::parse("1.0").integer());
  CHECK_THROWS(Json::parse("1e3").integer());
}

TEST_CASE("json: an error names the place, what was expected and the type found, never the value") {
  const Json json = Json::parse(R"({"receivers":[{"url":"x"},{"token":"secret"}]})");
  const Json& second = json.at("receivers").items()[1];
  CHECK_THROWS_WITH(second.at("token").number(),
                    "receivers[1].token: expected a number, got a string");
  CHECK_THROWS_WITH(second.text("url"), "receivers[1].url: is missing");
  CHECK_THROWS_WITH(json.text("receivers"), "receivers: expected a string, got an array");
  CHECK_THROWS_WITH(json.text(), "the whole: expected a string, got an object");
  CHECK_THROWS_WITH(Json::parse("[]").number("a"), "the whole: expected an object, got an array");
}

TEST_CASE("json: the text of one member is found without reading the others into values") {
  const std::string_view object =
      R"( {"n" : -1.5e3, "o":{"a":"x","b":[1,{"}":"]"}]}, "a":[{"t":"no"}, 2], "q\"":"q",)"
      R"( "t" : "a \u00e9\n" ,"t":"second","z":null})";
  CHECK(Json::text_in(object, "t") == "a é\n");
  CHECK(Json::text_in(object, "q\"") == "q");
  CHECK(Json::text_in(R"({"a":true,"t":""})", "t") == "");
  CHECK_THROWS_WITH(Json::text_in(object, "x"), "x: is missing");
  CHECK_THROWS_WITH(Json::text_in(object, "b"), "b: is missing");
  CHECK_THROWS_WITH(Json::text_in(object, "n"), "n: expected a string, got a number");
  CHECK_THROWS_WITH(Json::text_in(object, "z"), "z: expected a string, got null");
  for (const char* none : {"{}", "[]", "", "{\"s\":\"no end", "{\"a\":1", "{\"a\":{", "{\"a\"", "{1}"}) {
    CHECK_THROWS(Json::text_in(none, "t"));
  }
}

TEST_CASE("json: the members of an object are visited in order, each value as the JSON that it is") {
  std::string seen;
  Json::each_member(R"( { "a\u00e9" : "x\\" , "b":{"c":"}","d":[1,"\\\""]} ,"n":-1.5e3,"a":null } )",
                    [&](std::string_view name, std::string_view value) {
                      seen.append(name).append("=").append(value).append(";");
                    });
  CHECK(seen == R"(aé="x\\" ;b={"c":"}","d":[1,"\\\""]} ;n=-1.5e3;a=null ;)");
  Json::each_member("{}", [](std::string_view, std::string_view) { FAIL("there is none"); });
  const auto nobody = [](std::string_view, std::string_view) {};
  for (const char* none : {"[]", "", "{\"s\":\"no end", "{\"s\":\"no end\\\"", "{\"a\"", "{1}"}) {
    CHECK_THROWS(Json::each_member(none, nobody));
  }
}

TEST_CASE("json: a value says what it is, and is written as it was read") {
  const Json json = Json::parse(R"( {"t" : "a\u00e9\n\"", "n":1.50e3,"o":{"a":[1,{}],"b":[]},"y":true,)"
                                R"("f":false,"z":null} )");
  CHECK(json.is_object());
  CHECK(json.at("t").is_text());
  CHECK(json.at("n").is_number());
  CHECK(json.at("o").at("a").is_array());
  CHECK_FALSE(json.at("y").is_number());
  CHECK(json.dump() == "{\"t\":\"aé\\n\\\"\",\"n\":1.50e3,\"o\":{\"a\":[1,{}],\"b\":[]},\"y\":true,"
                       "\"f\":false,\"z\":null}");
}

TEST_CASE("json: a copy outlives the text and the original") {
  Json copy = Json::parse("null");
  {
    const std::string text = R"({"name":"a text that is too long for the small buffer"})";
    copy = Json::parse(text).at("name");
  }
  CHECK(copy.text() == "a text that is too long for the small buffer");
  CHECK(copy.path() == "name");
}

}  // namespace
}  // namespace mlmon
