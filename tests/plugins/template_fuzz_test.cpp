// Any text as a template: refused in words, or expanded to what the text says, whatever the action holds.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/core/fuzzing.h"
#include "tests/plugins/template_trial.h"

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

TEST_CASE("template: what is to be JSON is refused or expands to JSON for any action") {
  FuzzSeeds seeds(4'000);
  std::size_t expanded = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    TemplateMaker maker(seed);
    const std::string body = maker.body();
    const JsonTextTrial trial(body);
    for (int i = 0; trial.taken() && i < 4; ++i, ++expanded) {
      const std::string action = maker.action();
      INFO("MLMON_FUZZ_SEED=" << seed << ": " << body << " of " << action);
      REQUIRE(trial.broken_promise(action) == "");
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
    const std::string text = as_utf8(maker.text());
    INFO(text);
    const TemplateTrial trial(text);
    REQUIRE(trial.broken_promise() == "");
    refused += trial.taken() ? 0 : 1;
    for (int i = 0; trial.taken() && i < 4; ++i, ++expanded) {
      const std::string action = maker.action();
      INFO("of " << action);
      REQUIRE(trial.broken_promise(action) == "");
      values += trial.expand(action) != text ? 1 : 0;
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
