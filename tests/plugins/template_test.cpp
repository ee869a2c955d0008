// plugins/template: texts with names in braces.

#include "plugins/template/template.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "plugins/template/action_names.h"
#include "plugins/template/json_template.h"

namespace mlmon::templates {
namespace {

constexpr char kAction[] =
    R"({"action":"retrain","id":"01ID","observer":"retraining","rule":"f1","model":{"name":"fraud",)"
    R"("version":"2.1.0","deployed_at":"2026-01-01T00:00:00Z"},"reason":"f1 0.7125 is below 0.75",)"
    R"("metric":"f1","value":0.7125,"threshold":0.75,"labels":{"team":"a \"b\" {id}"},)"
    R"("event_time":"2026-02-01T08:00:00Z","source":"events.ndjson","line":17,"offset":3456})";

std::string json_of(const std::string& text) { return nlohmann::json(text).dump(); }

std::string expand(const std::string& text, const char* action = kAction) {
  const Json whole = Json::parse(action);
  return Template(text, "targets[0].body", action_names()).expand(lookup_in(whole));
}

std::string expand_json(const std::string& text, const char* action = kAction) {
  const Json whole = Json::parse(action), quoted = Json::parse(json_of(text));
  return Template::of_json(quoted, action_names()).expand(lookup_in(whole));
}

template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const config_error& error) {
    return error.what();
  }
  return "";
}

std::string error_in(const std::string& text) {
  return error_of([&] { Template(text, "targets[0].body", action_names()); });
}

TEST_CASE("template: names stand for the members of an action") {
  CHECK(expand("") == "");
  CHECK(expand("plain ❗") == "plain ❗");
  CHECK(expand("{model.name} v{model.version} of {model.deployed_at}") ==
        "fraud v2.1.0 of 2026-01-01T00:00:00Z");
  CHECK(expand("{action} {id} {observer} {rule} {metric}") == "retrain 01ID retraining f1 f1");
  CHECK(expand("{reason}, {value} < {threshold}") == "f1 0.7125 is below 0.75, 0.7125 < 0.75");
  CHECK(expand("{source}:{line} @{offset} {event_time}") ==
        "events.ndjson:17 @3456 2026-02-01T08:00:00Z");
}

TEST_CASE("template: formats are those of fmt") {
  CHECK(expand("{value:.2f}") == "0.71");
  CHECK(expand("{value:8.3f}|{value:<8.1f}|{value:+.1e}") == "   0.713|0.7     |+7.1e-01");
  CHECK(expand("{model.name:>8}|{model.name:*^9}|{model.name:.2}") == "   fraud|**fraud**|fr");
  CHECK(expand("{line:05d}|{line:x}") == "00017|11");
  CHECK(expand("{{{id}}} {{}}") == "{01ID} {}");
}

TEST_CASE("template: what is absent is an empty text") {
  CHECK(expand("[{labels.nobody}] [{p_value:.4f}] [{magnitude}] [{state:>5}] [{baseline}]") ==
        "[] [] [] [] []");
  CHECK(expand("[{labels.team}] [{model.name}] [{value}]", R"({"id":"x"})") == "[] [] []");
  CHECK(expand("[{id}][{value}][{model.name}]", R"({"id":5,"value":"x","model":7})") == "[][][]");
}

TEST_CASE("template: the figure of the rule drift is its p_value") {
  constexpr char drift[] = R"({"rule":"drift","p_value":0.0125,"magnitude":0.31,"threshold":0.05})";
  CHECK(expand("{metric} {value:.3f} {p_value} {magnitude:.1f}", drift) == "p_value 0.013 0.0125 0.3");
  CHECK(expand("[{metric}{value}]", R"({"rule":"size","magnitude":0.31})") == "[]");
}

TEST_CASE("template: what a value holds is no template") {
  CHECK(expand("{labels.team}") == "a \"b\" {id}");
  CHECK(expand("{{{labels.team}}}") == "{a \"b\" {id}}");
}

TEST_CASE("template: what cannot be filled in is refused with the key and what was expected") {
  CHECK(error_in("{modle.name}").find(
            "targets[0].body: unknown name \"modle.name\", expected one of id, action") == 0);
  CHECK(error_in("{modle.name}").find("labels.NAME") != std::string::npos);
  for (const char* unknown : {"{}", "{0}", "{labels.}", "{labels}", "{model}", "{ id}", "{id }", "{:.2f}",
                              "{token}", "{model.name.x}"}) {
    INFO(unknown);
    CHECK(error_in(unknown).find("targets[0].body: unknown name") == 0);
  }
  for (const char* unmatched : {"{id", "id}", "{", "}", "{{id}", "a {value:.2f"}) {
    INFO(unmatched);
    CHECK(error_in(unmatched).find("targets[0].body: unmatched") == 0);
  }
  for (const char* format : {"{value:d}", "{model.name:.2f}", "{value:.2q}", "{id:d}", "{line:s}",
                             "{value:{line}}", "{value:99999999f}", "{value:.1000f}", "{value:.}"}) {
    INFO(format);
    CHECK(error_in(format).find("targets[0].body: the format of {") == 0);
  }
}

TEST_CASE("template: in JSON, values are escaped within strings and whole values outside of them") {
  CHECK(expand_json(R"({{"id": "{id}", "team": "<{labels.team}>"}})") ==
        R"({"id": "01ID", "team": "<a \"b\" {id}>"})");
  CHECK(expand_json(R"({{"f1": {value}, "rounded": {value:.2f}, "name": {model.name}}})") ==
        R"({"f1": 0.7125, "rounded": 0.71, "name": "fraud"})");
  CHECK(expand_json(R"({{"p": {p_value}, "team": {labels.x}, "s": "{labels.x}", "q": "\"{id}\\"}})") ==
        R"({"p": null, "team": null, "s": "", "q": "\"01ID\\"})");
  CHECK(expand_json("[{line}, 1]") == "[17, 1]");
  CHECK(expand_json("\"{labels.team}\"") == R"("a \"b\" {id}")");
  CHECK(expand_json("\"{labels.team}\"", "{\"labels\":{\"team\":\"a\\u0001\\n\\\\\"}}") ==
        "\"a\\u0001\\n\\\\\"");
}

TEST_CASE("template: JSON may be written with its braces as they are") {
  CHECK(expand_json(R"( {"a": {"b": "{id}", "c": {}}, "f1": {value:.1f}})") ==
        R"( {"a": {"b": "01ID", "c": {}}, "f1": 0.7})");
  CHECK(expand_json(R"([{"a":{"b":{"id":"{id}"}}}])") == R"([{"a":{"b":{"id":"01ID"}}}])");
  CHECK(expand_json("{}") == "{}");
  const Json unknown = Json::parse(json_of(R"({"a":"{nmae}"})"));
  CHECK(error_of([&] { Template::of_json(unknown, action_names()); }).find("unknown name \"nmae\"") !=
        std::string::npos);
}

TEST_CASE("template: what would not be JSON is refused") {
  for (const char* text : {R"({{"id": "{id}")", R"({"id": {value:+.1f}})", R"({"id": {line:04}})", "",
                           R"({"id": "{id}",})", R"({"line": {line:x}})", "{id} {id}", R"({"a{id}": })"}) {
    INFO(text);
    const Json quoted = Json::parse(R"({"body":)" + json_of(text) + "}");
    CHECK(error_of([&] { Template::of_json(quoted.at("body"), action_names()); })
              .find("body: filled in, this is not JSON: ") == 0);
  }
}

TEST_CASE("template: each string of a table is one, names of members are not") {
  const Json action = Json::parse(kAction);
  const Json table = Json::parse(
      R"({"{id}":"{id}","n":1.50,"t":true,"l":["{value:.1f}",{"x":"{labels.team}"},null],"e":{}})");
  const JsonTemplate conf(table, action_names());
  CHECK(conf.expand(lookup_in(action)) ==
        R"({"{id}":"01ID","n":1.50,"t":true,"l":["0.7",{"x":"a \"b\" {id}"},null],"e":{}})");
  using Texts = std::vector<std::pair<std::string, std::string>>;
  CHECK(conf.expand_texts(lookup_in(action)) ==
        Texts{{"{id}", "01ID"}, {"n", "1.50"}, {"t", "true"},
              {"l", R"(["0.7",{"x":"a \"b\" {id}"},null])"}, {"e", "{}"}});
  CHECK(conf.has("n"));
  CHECK_FALSE(conf.has("m"));
  CHECK(JsonTemplate().expand(lookup_in(action)) == "{}");

  const Json wrong = Json::parse(R"({"conf":{"a":["{nmae}"]}})");
  CHECK(error_of([&] { JsonTemplate(wrong.at("conf"), action_names()); })
            .find("conf.a[0]: unknown name \"nmae\"") == 0);
}

}  // namespace
}  // namespace mlmon::templates
