// Any text as a template: refused in words, or expanded to what the text says, whatever the action holds.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "plugins/template/action_names.h"
#include "plugins/template/json_template.h"
#include "tests/core/fuzzing.h"

namespace mlmon::templates {
namespace {

class TemplateMaker {
 public:
  explicit TemplateMaker(std::uint64_t seed) : random_(seed) {}

  std::string text() {
    std::string out;
    for (std::size_t parts = below(6); parts > 0; --parts) out += part();
    if (one_in(4) && !out.empty()) out[below(out.size())] = static_cast<char>(below(128));
    if (one_in(8) && !out.empty()) out.resize(below(out.size()));
    return out;
  }

  /// An action, with members that are odd, of another kind than usual, or absent.
  std::string action() {
    nlohmann::json action = {{"action", "retrain"}, {"id", "01ID"}, {"observer", "o"}, {"rule", "f1"}, {"reason", "f1 is low"},
                             {"model", {{"name", "fraud"}, {"version", "2.1.0"}, {"deployed_at", "2026-01-01T00:00:00Z"}}},
                             {"metric", "f1"}, {"value", 0.7125}, {"threshold", 0.75}, {"labels", {{"team", "a \"b\" {id}"}}},
                             {"event_time", "2026-02-01T08:00:00Z"}, {"source", "e.ndjson"}, {"line", 17}, {"offset", 3456}};
    const std::vector<nlohmann::json> odd = {nullptr, true, -1, 1e308, 5e-324, UINT64_MAX, "", "\"\\\n\x01", "größe \xf0\x9f\x9a\x80",
                                             std::string(2000, '{'), nlohmann::json::array({1, "{id}"}), nlohmann::json::object()};
    for (std::size_t changes = below(5); changes > 0; --changes) {
      const auto at = std::next(action.begin(), static_cast<std::ptrdiff_t>(below(action.size())));
      if (one_in(4)) {
        action.erase(at);
      } else {
        *at = odd[below(odd.size())];
      }
    }
    return action.dump();
  }

  /// A text that is to be JSON.
  std::string body() {
    const std::string value = one_in(2) ? part() : nlohmann::json(part()).dump();
    return "{\"a\":" + nlohmann::json(text()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + ",\"b\":" + value + "}";
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  const char* any_of(const std::vector<const char*>& choices) { return choices[below(choices.size())]; }

  std::string part() {
    if (one_in(3)) return any_of({"plain", " ", "❗", "{{", "}}", "\"", "\\", "\n", "%s", "$x", "größe"});
    const char* name = any_of({"id", "rule", "model.name", "model.version", "model.deployed_at", "value", "threshold", "labels.team",
                               "labels.none", "line", "offset", "source", "reason", "p_value", "no_such", "", "0", "model", "labels."});
    const char* format = any_of({"", "", ":", ":.2f", ":>8", ":*^9", ":<300", ":+.1e", ":08.3f", ":.3", ":x", ":d", ":L", ":{}",
                                 ":.{}f", ":>{line}", ":99999999999", ":.99999999999f", "!r", ":%Y", ": ", ":#", ":s", ":c", ":?"});
    return "{" + std::string(name) + format + (one_in(20) ? "" : "}");
  }

  std::mt19937_64 random_;
};

std::optional<Template> made_of_json(const std::string& body) {
  const std::string quoted = nlohmann::json(body).dump();
  try {
    return Template::of_json(Json::parse(quoted), action_names());
  } catch (const config_error&) {
    return std::nullopt;
  }
}

TEST_CASE("template: what is to be JSON is refused or expands to JSON for any action") {
  FuzzSeeds seeds(4'000);
  std::size_t expanded = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    TemplateMaker maker(seed);
    const std::string body = maker.body();
    const auto made = made_of_json(body);
    for (int i = 0; made && i < 4; ++i, ++expanded) {
      const std::string action = maker.action();
      INFO("MLMON_FUZZ_SEED=" << seed << ": " << body << " of " << action);
      REQUIRE(nlohmann::json::parse(made->expand(lookup_in(Json::parse(action))), nullptr, false).is_object());
    }
  }
  CHECK(expanded > 2'000);
}

TEST_CASE("template: whatever the text is, it is refused in words or expands for any action") {
  FuzzSeeds seeds(4'000);
  std::size_t refused = 0, expanded = 0, values = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    INFO("MLMON_FUZZ_SEED=" << seed);
    TemplateMaker maker(seed);
    const std::string quoted = nlohmann::json(maker.text()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::string text = nlohmann::json::parse(quoted).get<std::string>();  // as the host gives it: UTF-8
    const Json whole = Json::parse(quoted), table = Json::parse("{\"k\":" + quoted + ",\"n\":[1," + quoted + "]}");
    std::optional<Template> plain;
    std::optional<JsonTemplate> in_table;
    try {
      plain.emplace(text, "targets[0].body", action_names());
      in_table.emplace(table, action_names());
    } catch (const config_error& error) {
      ++refused;
      REQUIRE_FALSE(plain);  // what one takes the other takes
      REQUIRE(std::string_view(error.what()).starts_with("targets[0].body: "));
      continue;
    }
    for (int i = 0; i < 4; ++i) {
      const std::string action = maker.action();
      INFO(text << " of " << action);
      const Json of = Json::parse(action);
      const std::string one = plain->expand(lookup_in(of));
      ++expanded;
      values += one != text ? 1 : 0;
      const auto all = nlohmann::json::parse(in_table->expand(lookup_in(of)), nullptr, false);
      REQUIRE(all.is_object());
      REQUIRE(all["k"] == one);
      REQUIRE(all["n"] == nlohmann::json::array({1, one}));
    }
  }
  if (seeds.asked_for()) WARN("seeds " << seeds.first() << " on: " << refused << " templates refused, " << expanded << " texts");
  // Else it proves little.
  CHECK(refused > 1'000);
  CHECK(expanded > 2'000);
  CHECK(values > 500);
}

}  // namespace
}  // namespace mlmon::templates
