#include "core/config/config_schema.h"

#include <catch2/catch.hpp>

using namespace mlmon;

namespace {

Schema schema(const std::string& text) {
  auto parsed = Schema::parse(text);
  if (!parsed) FAIL(parsed.error().text);
  return std::move(*parsed);
}

std::string refused(const std::string& text) {
  const auto parsed = Schema::parse(text);
  return parsed ? "accepted" : parsed.error().text;
}

/// The mistakes as "POINTER: TEXT".
std::vector<std::string> mistakes(const Schema& schema, const std::string& json,
                                  const std::set<std::string>& hidden = {}) {
  std::vector<std::string> texts;
  for (const auto& mistake : schema.validate(json, hidden).mistakes) {
    texts.push_back(mistake.pointer + ": " + mistake.text);
  }
  return texts;
}

/// The one mistake of a value for which there is only one schema.
std::string mistake(const std::string& schema_text, const std::string& json) {
  const auto all = mistakes(schema(schema_text), json);
  if (all.empty()) return "";
  CHECK(all.size() == 1);
  return all.front().substr(2);
}

using Strings = std::vector<std::string>;

constexpr const char* kLimit = R"({"oneOf": [{"type": "number", "minimum": 0, "maximum": 1},
                                             {"const": false}], "default": 0.75})";

std::string retraining() {
  return std::string(R"({"type": "object", "additionalProperties": false, "properties": {
    "min_f1": )") + kLimit + R"(,
    "grace": {"type": "string", "format": "duration", "default": "0s"},
    "require": {"enum": ["any", "all", "confirmed"], "default": "any"},
    "rules": {"type": "array", "default": [], "items": {"type": "object", "required": ["metric"],
      "additionalProperties": false, "properties": {"metric": {"type": "string", "minLength": 1},
      "for": {"type": "string", "pattern": "^[0-9]+/[0-9]+$", "default": "1/1"}}}}}})";
}

std::string receivers() {
  return R"({"properties": {"receivers": {"type": "array", "items": {"oneOf": [
    {"type": "object", "required": ["type"], "additionalProperties": false,
     "properties": {"type": {"const": "stderr"}}},
    {"type": "object", "required": ["type", "url"], "additionalProperties": false,
     "properties": {"type": {"const": "slack"}, "url": {"type": "string", "writeOnly": true, "minLength": 8},
                    "timeout": {"type": "string", "format": "duration", "default": "30s"}}}]}}}})";
}

}  // namespace

TEST_CASE("defaults are filled in, also in items") {
  const auto done = schema(retraining()).validate(R"({"rules": [{"metric": "auc"}]})");
  CHECK(done.ok());
  CHECK(done.json ==
        R"({"grace":"0s","min_f1":0.75,"require":"any","rules":[{"for":"1/1","metric":"auc"}]})");
}

TEST_CASE("an absent object is completed only where it has a default itself") {
  const std::string inner = R"({"type": "object", "properties": {"a": {"default": 1}})";
  CHECK(schema(R"({"properties": {"x": )" + inner + "}}}").validate("{}").json == "{}");
  CHECK(schema(R"({"properties": {"x": )" + inner + R"(, "default": {}}}})").validate("{}").json ==
        R"({"x":{"a":1}})");
  CHECK(schema(R"({"properties": {"x": )" + inner + "}}}").validate(R"({"x":{}})").json ==
        R"({"x":{"a":1}})");
}

TEST_CASE("what is given stays as it is") {
  CHECK(schema(retraining()).validate(R"({"min_f1": false, "grace": "7d"})").json ==
        R"({"grace":"7d","min_f1":false,"require":"any","rules":[]})");
  CHECK(schema("{}").validate("9223372036854775807").json == "9223372036854775807");
}

TEST_CASE("all mistakes are told, each with its pointer") {
  CHECK(mistakes(schema(retraining()),
                 R"({"min_f1": "high", "min_f2": 1, "grace": "soon", "require": "never",
                     "rules": [{"for": "x"}, 3, {"metric": ""}]})") ==
        Strings{R"(/grace: expected a duration such as "30s", got "soon")",
                R"(/min_f1: expected a number in [0, 1] or false, got "high")",
                R"(/min_f2: unknown key "min_f2" (did you mean "min_f1"?))",
                R"(/require: expected "any", "all" or "confirmed", got "never")",
                R"(/rules/0/for: expected a string that matches ^[0-9]+/[0-9]+$, such as "1/1", got "x")",
                R"(/rules/0/metric: missing key "metric": expected a string of at least 1 character, got nothing)",
                R"(/rules/1: expected a table, got 3)",
                R"(/rules/2/metric: expected a string of at least 1 character, got "")"});
}

TEST_CASE("a key far from all is told what there is, and the host's keys are offered, too") {
  CHECK(mistakes(schema(retraining()), R"({"colour": 1})") ==
        Strings{R"(/colour: unknown key "colour", expected "grace", "min_f1", "require" or "rules")"});
  const auto done = schema(retraining()).validate(R"({"enabeld": true})", {}, {"enabled", "plugin"});
  REQUIRE(done.mistakes.size() == 1);
  CHECK(done.mistakes[0].text == R"(unknown key "enabeld" (did you mean "enabled"?))");
}

TEST_CASE("limits of numbers are what they say") {
  const std::string closed = R"({"type": "number", "minimum": 0, "maximum": 1})";
  CHECK(mistake(closed, "0") == "");
  CHECK(mistake(closed, "1.0") == "");
  CHECK(mistake(closed, "1.5") == "expected a number in [0, 1], got 1.5");
  const std::string open = R"({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1})";
  CHECK(mistake(open, "0") == "expected a number in (0, 1), got 0");
  CHECK(mistake(open, "1") == "expected a number in (0, 1), got 1");
  CHECK(mistake(open, "0.5") == "");
  CHECK(mistake(R"({"type": "integer", "minimum": 1})", "0") == "expected an integer >= 1, got 0");
  CHECK(mistake(R"({"exclusiveMaximum": 2.5})", "2.5") == "expected a number < 2.5, got 2.5");
  CHECK(mistake(R"({"minimum": 9007199254740993})", "9007199254740992") != "");
  CHECK(mistake(R"({"maximum": 9007199254740992.0})", "9007199254740993") != "");
}

TEST_CASE("an integer has 64 bits and may be written with a point") {
  const std::string integer = R"({"type": "integer"})";
  CHECK(schema(integer).validate("2.0").json == "2");
  CHECK(schema(R"({"type": ["integer", "null"]})").validate("2.0").json == "2");
  CHECK(schema(R"({"type": ["integer", "number"]})").validate("2.0").json == "2.0");
  CHECK(mistake(integer, "2.5") == "expected an integer, got 2.5");
  CHECK(mistake(integer, "9223372036854775808") != "");
  CHECK(mistake(integer, "1e300") != "");
  CHECK(mistake(integer, "-9223372036854775808") == "");
}

TEST_CASE("types, constants and lists of them") {
  CHECK(mistake(R"({"type": "boolean"})", "1") == "expected true or false, got 1");
  CHECK(mistake(R"({"type": ["string", "null"]})", "[1]") == "expected a string or null, got an array of 1");
  CHECK(mistake(R"({"const": 3})", "3.0") == "");
  CHECK(mistake(R"({"const": 3})", "true") == "expected 3, got true");
  CHECK(mistake(R"({"enum": [1, "a", null]})", "2") == "expected 1, \"a\" or null, got 2");
  CHECK(mistake(R"({"type": "object"})", "[]") == "expected a table, got an array of 0");
}

TEST_CASE("lengths count characters and items") {
  CHECK(mistake(R"({"type": "string", "maxLength": 2})", "\"éé\"") == "");
  CHECK(mistake(R"({"type": "string", "minLength": 2, "maxLength": 3})", "\"é\"") ==
        "expected a string of 2 to 3 characters, got \"é\"");
  CHECK(mistake(R"({"type": "array", "items": {"type": "string"}, "minItems": 1})", "[]") ==
        "expected an array of strings (at least 1 item), got an array of 0");
  CHECK(mistake(R"({"type": "array", "maxItems": 1})", "[1, 2]") ==
        "expected an array (at most 1 item), got an array of 2");
}

TEST_CASE("patterns are unanchored, and long text for one is refused") {
  CHECK(mistake(R"({"pattern": "b+"})", "\"abc\"") == "");
  CHECK(mistake(R"({"pattern": "^b+$"})", "\"abc\"") != "");
  CHECK(mistake(R"({"pattern": "^(a|b)*$"})", "\"" + std::string(512, 'a') + "\"") == "");
  CHECK(mistake(R"({"pattern": "^(a|b)*$"})", "\"" + std::string(100000, 'a') + "\"").size() < 200);
}

TEST_CASE("formats are durations and sizes") {
  CHECK(mistake(R"({"type": "string", "format": "size"})", "\"64KiB\"") == "");
  CHECK(mistake(R"({"type": "string", "format": "size"})", "\"64K\"") ==
        "expected a size such as \"1MiB\", got \"64K\"");
  CHECK(mistake(R"({"format": "duration"})", "5") == "");
}

TEST_CASE("other properties are checked by their schema") {
  const auto headers = schema(R"({"additionalProperties": {"type": "string"}})");
  CHECK(mistakes(headers, R"({"a/b": 1, "c": "x"})") == Strings{"/a~1b: expected a string, got 1"});
  CHECK(schema("{}").validate(R"({"x":1})").ok());
}

TEST_CASE("the alternative that was meant tells its mistakes") {
  const Schema checked = schema(receivers());
  CHECK(checked.validate(R"({"receivers": [{"type": "slack", "url": "https://x"}]})").json ==
        R"({"receivers":[{"timeout":"30s","type":"slack","url":"https://x"}]})");
  CHECK(mistakes(checked, R"({"receivers": [{"type": "slack"}]})") ==
        Strings{R"(/receivers/0/url: missing key "url": expected a string of at least 8 characters, got nothing)"});
  CHECK(mistakes(checked, R"({"receivers": [{"type": "slak", "url": "https://x"}]})") ==
        Strings{R"(/receivers/0/type: expected "stderr" or "slack", got "slak" (did you mean "slack"?))"});
  CHECK(mistakes(checked, R"({"receivers": [{}]})") ==
        Strings{R"(/receivers/0/type: missing key "type": expected "stderr" or "slack", got nothing)"});
  CHECK(mistakes(checked, R"({"receivers": [{"type": "stderr", "ur": 1}, 5]})") ==
        Strings{R"(/receivers/0/ur: unknown key "ur", expected "type")",
                "/receivers/1: expected a table, got 5"});
}

TEST_CASE("oneOf wants exactly one, anyOf takes the first") {
  CHECK(mistake(R"({"oneOf": [{"type": "integer"}, {"type": "number"}]})", "1") ==
        "expected one of several forms (an integer or a number), got 1, which is more than one of them");
  CHECK(mistake(R"({"anyOf": [{"type": "integer"}, {"type": "number"}]})", "1") == "");
  CHECK(mistake(R"({"anyOf": [{"type": "integer"}, {"type": "string"}]})", "true") ==
        "expected an integer or a string, got true");
}

TEST_CASE("secrets are in no mistake, and their pointers are told") {
  const Schema checked = schema(receivers());
  CHECK(mistakes(checked, R"({"receivers": [{"type": "slack", "url": "hunter2"}]})") ==
        Strings{"/receivers/0/url: expected a string of at least 8 characters, got (hidden)"});
  CHECK(checked.validate(R"({"receivers": [{"type": "slack", "url": "https://x"}]})").secrets ==
        std::set<std::string>{"/receivers/0/url"});
  const Schema limits = schema(retraining());
  CHECK(mistakes(limits, R"({"require": "hunter2", "min_f1": "hunter2", "rules": ["hunter2"]})",
                 {"/require", "/min_f1", "/rules/0"}) ==
        Strings{"/min_f1: expected a number in [0, 1] or false, got (hidden)",
                R"(/require: expected "any", "all" or "confirmed", got (hidden))",
                "/rules/0: expected a table, got (hidden)"});
  CHECK(mistakes(checked, R"({"receivers": [{"type": "hunter2"}]})", {"/receivers/0/type"}) ==
        Strings{R"(/receivers/0/type: expected "stderr" or "slack", got (hidden))"});
  const Schema either = schema(R"({"properties": {"p": {"oneOf": [{"type": "string", "minLength": 9,
    "writeOnly": true}, {"const": false}]}}})");
  CHECK(mistakes(either, R"({"p": "hunter2"})").front().find("hunter2") == std::string::npos);
  CHECK(either.validate(R"({"p": "long enough"})").secrets == std::set<std::string>{"/p"});
  const Schema table = schema(R"({"properties": {"t": {"writeOnly": true,
    "additionalProperties": {"type": "integer"}}}})");
  CHECK(mistakes(table, R"({"t": {"k": "hunter2"}})") ==
        Strings{"/t/k: expected an integer, got (hidden)"});
}

TEST_CASE("a keyword outside of the subset is refused by name") {
  CHECK(refused(R"({"properties": {"a": {"minimun": 1}}})") ==
        R"(schema: /properties/a/minimun: unknown keyword "minimun" (did you mean "minimum"?))");
  CHECK(refused(R"({"$ref": "#/$defs/x"})") == R"(schema: /$ref: unknown keyword "$ref")");
  CHECK(refused(R"({"items": {"not": {}}})").find("/items/not") != std::string::npos);
  CHECK(refused(R"({"oneOf": [{}, {"if": {}}]})").find("/oneOf/1/if") != std::string::npos);
}

TEST_CASE("a keyword with a value that it cannot have is refused") {
  for (const char* text :
       {R"({"type": "text"})", R"({"type": []})", R"({"enum": []})", R"({"minimum": "0"})",
        R"({"minLength": -1})", R"({"maxItems": 1.5})", R"({"pattern": "["})", R"({"format": "date"})",
        R"({"items": []})", R"({"properties": {"a": 1}})", R"({"required": "a"})", R"({"oneOf": {}})",
        R"({"anyOf": [1]})", R"({"additionalProperties": 1})", R"({"writeOnly": 1})", "[]", "3", "", "{",
        R"({"a": 1} x)"}) {
    CAPTURE(text);
    CHECK(refused(text).rfind("schema: ", 0) == 0);
  }
}

TEST_CASE("a default that its own schema refuses is refused") {
  CHECK(refused(R"({"properties": {"a": {"type": "integer", "default": "x"}}})") ==
        R"(schema: /properties/a/default: expected an integer, got "x")");
  CHECK(refused(R"({"items": {"properties": {"a": {"default": {}, "required": ["b"]}}}})") !=
        "accepted");
  CHECK(refused(R"({"oneOf": [{"properties": {"a": {"maximum": 1, "default": 2}}}]})") != "accepted");
}

TEST_CASE("what is no JSON, or nested too deep, is a mistake") {
  CHECK(mistakes(schema("{}"), "{").size() == 1);
  CHECK(mistakes(schema("{}"), "").size() == 1);
  CHECK(mistakes(schema("{}"), "1e400").size() == 1);
  CHECK(mistakes(schema("{}"), std::string(1000000, '[')).size() == 1);
  CHECK(mistakes(schema("{}"), std::string(200, '[') + std::string(200, ']')).size() == 1);
  CHECK(mistakes(schema("{}"), std::string(100, '[') + std::string(100, ']')).empty());
  CHECK(refused(std::string(100000, '[')).rfind("schema: ", 0) == 0);
}

TEST_CASE("properties named as keywords are properties") {
  CHECK(mistakes(schema(R"({"properties": {"default": {"type": "integer"}, "type": {"default": 3}}})"),
                 R"({"default": "x"})") == Strings{"/default: expected an integer, got \"x\""});
}
