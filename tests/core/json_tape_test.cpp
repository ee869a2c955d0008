#include "core/text/json_tape.h"

#include <catch2/catch.hpp>
#include <string>

using namespace mlmon;

namespace {

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// "" if it is valid.
std::string problem(std::string_view text) {
  JsonTape tape;
  if (tape.read(text)) return "";
  return std::to_string(tape.error().column) + ": " + tape.error().what;
}

}  // namespace

TEST_CASE("all that RFC 8259 allows is valid") {
  const char* const text = GENERATE(
      "0", "-0", "-0.0", "1e5", "1E+5", "1.25e-0005", "1e400", "123456789012345678901234567890",
      "true", "false", "null", "\"\"", "[]", "{}", " \t\r{ \"a\" : [ 1 , \"x\" ] } \r", "[[],{}]",
      R"("\"\\\/\b\f\n\r\t\u0041\uD83D\uDE00\ud800\udc00")", R"({"":{"":[null]}})", "\"\x7f\"",
      R"({"a":1,"a":2})", "[1,[2,[3,{\"a\":[4]}]],5]", "\"\xf0\x9f\x98\x80\"",
      "[\"a long plain text of some length\"]");
  CAPTURE(text);
  CHECK(problem(text) == "");
}

TEST_CASE("all else is refused") {
  const char* const text = GENERATE(
      "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{]", "{\"a\"}",
      "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\":1 \"b\":2}",
      "{\"a\":1,,\"b\":2}", "{1:2}", "{\"a\":1]", "{}{}", "{} 1", "1 2", "tru", "True",
      "nul", "nulll", "NaN", "Infinity", "-", "+1", "01", "-01", "00", "1.", ".5", "1.e5", "1e",
      "1e+", "0x1", "1_0",
      "-a", "\"", "\"abc", "\"\\\"", "\"\\x\"", "\"\\", "\"\\u\"", "\"\\u12\"",
      "\"\\u12g4\"", "\"\\U0041\"",
      "\"a\nb\"", "\"a\tb\"", "\"\x1f\"", "\"plain for more than sixteen bytes, then \x01 one\"",
      R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")", R"("\udc00\ud800")",
      R"("\ud800\ud800\udc00")", R"("\ud800\n")", R"("\ud800)", R"("\ud800\)", R"("\ud800\u)",
      "\xef\xbb\xbf{}", "\v{}", "\xc2\xa0{}", "// a\n1", "[1]#", "\"a\"\"b\"");
  CAPTURE(text);
  CHECK(problem(text) != "");
}

TEST_CASE("a NUL byte is no white space, no end and no character of a string") {
  CHECK(problem(std::string("{}\0", 3)) != "");
  CHECK(problem(std::string("\0{}", 3)) != "");
  CHECK(problem(std::string("\"\0\"", 3)) != "");
  CHECK(problem(std::string("[\0]", 3)) != "");
}

TEST_CASE("a string may end, and go wrong, at any distance from the line's end") {
  for (int before = 0; before < 40; ++before) {
    for (int after = 0; after < 40; ++after) {
      const std::string head = "\"" + repeat("x", before);
      const std::string tail = repeat("y", after);
      CHECK(problem(head + tail + "\"") == "");
      CHECK(problem(head + "\\n" + tail + "\"") == "");
      CHECK(problem(head + tail) != "");
      CHECK(problem(head + "\n" + tail + "\"") != "");
      CHECK(problem(head + "\"" + tail + "\"") != "");
    }
  }
}

TEST_CASE("a line cut anywhere is not valid") {
  const std::string line =
      R"({"a":[1.5e3,{"b":"\u00e4\\"},true,null],"model":{"name":"x"},"n":-0.25} )";
  REQUIRE(problem(line) == "");
  for (std::size_t length = 0; length < line.size() - 1; ++length) {
    CHECK(problem(line.substr(0, length)) != "");
  }
}

TEST_CASE("the nesting is at most 1,000 deep, the outermost counted") {
  CHECK(problem(repeat("[", 1000) + repeat("]", 1000)) == "");
  CHECK(problem(repeat("[", 1001) + repeat("]", 1001)) == "1001: nested deeper than 1000");
  CHECK(problem(repeat("{\"a\":", 999) + "{}" + repeat("}", 999)) == "");
  CHECK(problem(repeat("{\"a\":", 1000) + "{}" + repeat("}", 1000)) != "");
  CHECK(problem(repeat("{\"a\":", 1000) + "1" + repeat("}", 1000)) == "");
  CHECK(problem(repeat("[", 100'000) + repeat("]", 100'000)) != "");
  CHECK(problem(repeat("{\"a\":[", 100'000)) != "");
  CHECK(problem("[" + repeat("[],", 100'000) + "[]]") == "");
}

TEST_CASE("an error tells the column and what was found there") {
  CHECK(problem("{\"a\":1,}") == "8: expected a member name, got }");
  CHECK(problem("[1 2]") == "4: expected ',' or ']', got 2");
  CHECK(problem("{\"a\" 1}") == "6: expected ':' after a member name, got 1");
  CHECK(problem("") == "1: expected a value, got the end of the line");
  CHECK(problem("[01]") == "2: a number with a leading zero");
  CHECK(problem("{} x") == "4: expected nothing more after the value, got x");
  CHECK(problem("\"\\ud800\"") == "2: an unpaired surrogate");
  CHECK(problem("\"a\tb\"") ==
        "3: expected an escape for a control character in a string, got \\x09");
  CHECK(problem("[\xc3\xa4]") == "2: expected a value, got \xc3\xa4");
}

TEST_CASE("the members of objects are indexed in the order of the text") {
  JsonTape tape;
  REQUIRE(tape.read(R"( {"a":1,"m":{"x":"\n","\u0079":{"z":true}},"l":[{"no":1}],)"
                    R"("e":{},"b":-2.5} )"));
  CHECK(tape.type() == JsonType::kObject);
  CHECK(tape.value().front() == '{');
  CHECK(tape.value().back() == '}');
  const auto& members = tape.members();
  REQUIRE(members.size() == 8);

  CHECK(members[0].key == "a");
  CHECK(members[0].value == "1");
  CHECK(members[0].integer);
  CHECK(members[0].next == 1);
  CHECK(members[1].value == R"({"x":"\n","\u0079":{"z":true}})");
  CHECK(members[1].next == 5);
  CHECK(members[2].escaped);
  CHECK(members[3].key == "\\u0079");
  CHECK(members[3].key_escaped);
  CHECK(members[3].next == 5);
  CHECK(members[4].type == JsonType::kTrue);
  CHECK(members[5].value == R"([{"no":1}])");
  CHECK(members[5].next == 6);
  CHECK(members[6].value == "{}");
  CHECK(members[6].next == 7);
  CHECK(members[7].value == "-2.5");
  CHECK(!members[7].integer);
}

TEST_CASE("objects are indexed four deep, what lies deeper is checked") {
  JsonTape tape;
  REQUIRE(tape.read(R"({"a":{"b":{"c":{"d":{"e":{"f":1}},"g":[{"h":{}}],"i":2}}},"j":3})"));
  const auto& members = tape.members();
  REQUIRE(members.size() == 7);
  CHECK(members[3].key == "d");
  CHECK(members[3].value == R"({"e":{"f":1}})");
  CHECK(members[3].next == 4);
  CHECK(members[4].value == R"([{"h":{}}])");
  CHECK(members[5].value == "2");
  CHECK(members[0].next == 6);
  CHECK(members[6].key == "j");
  CHECK(!tape.read(R"({"a":{"b":{"c":{"d":{"e":{"f":01}}}}}})"));
}

TEST_CASE("a tape can be used again after any line") {
  JsonTape tape;
  CHECK(tape.read("{" + repeat("\"a\":{},", 10'000) + "\"b\":[[{}]]}"));
  CHECK(!tape.read("{\"a\":[[{\"b\":"));
  REQUIRE(tape.read("{\"a\":{\"b\":1}}"));
  CHECK(tape.members().size() == 2);
}
