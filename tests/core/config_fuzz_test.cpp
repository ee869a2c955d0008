// Any text as a configuration: refused with places, or taken; the same each time, and no secret is told.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/core/config_trial.h"
#include "tests/core/fuzzing.h"

using namespace mlmon;

namespace {

class ConfigMaker {
 public:
  explicit ConfigMaker(std::uint64_t seed) : random_(seed) {}

  std::string text() {
    std::string out;
    for (std::size_t lines = below(14); lines > 0; --lines) out += line() + (one_in(30) ? "\r\n" : "\n");
    if (one_in(5)) mutate(out);
    return out;
  }

  std::string line() {
    static const std::vector<const char*> tables = {
        "input", "input.kafka", "input.kafka.properties", "state", "bus", "observers", "observers.retraining", "observers.alert",
        "observers.pager", "observers.\"a b\"", "observers.x.y", "other", "", "a.b.c"};
    static const std::vector<const char*> keys = {
        "version_scheme", "nan", "times", "late", "max_ahead", "unwrap", "foreign", "max_line", "files", "brokers", "topics",
        "group", "start", "properties", "dir", "url", "retry", "capacity", "checkpoint_every", "plugin", "enabled", "models",
        "types", "overflow", "isolation", "limits", "python", "min_f1", "security.protocol", "\"odd key\"", "''", "capacty", "f\xc3\xb6"};
    if (one_in(4)) return (one_in(8) ? "[[" : "[") + std::string(any_of(tables)) + (one_in(8) ? "]]" : "]");
    if (one_in(20)) return "# " + value(2);
    return std::string(any_of(keys)) + " = " + value(2);
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  const char* any_of(const std::vector<const char*>& choices) { return choices[below(choices.size())]; }

  std::string value(int depth) {
    static const std::vector<const char*> usual = {
        "\"semver\"", "\"any\"", "\"null\"", "\"strict\"", "\"lenient\"", "\"decide\"", "\"skip\"", "\"24h\"", "\"1MiB\"", "\"block\"",
        "\"drop_newest\"", "\"process\"", "\"earliest\"", "[\"*\"]", "[\"a*\", \"!b\"]", "[\"/log\"]", "true", "false", "2048", "0.75",
        "\"${TOKEN}\"", "\"x${TOKEN}y\"", "\"file:secret\"", "\"file:none\"", "\"${NONE}\"", "\"${NONE:-d}\"", "\"$${TOKEN}\"",
        "\"postgresql://u:${TOKEN}@h/d\"", "\"${\"", "\"~/state\"", "\"./a.so\"", "[\"${TOKEN}\", 7]"};
    static const std::vector<const char*> odd = {
        "inf", "nan", "-inf", "1e400", "9223372036854775807", "9223372036854775808", "0x7f", "-0", "\"\"", "\"\\u0000\"", "\"\\ud800\"",
        "1979-05-27T07:32:00Z", "07:32:00", "'''\n${TOKEN}\n'''", "\"\"\"a\\\n b\"\"\"", "[]", "{}", "[[[[]]]]", "\"99999999999999999h\"",
        "\"-1s\"", "\"1e9GiB\"", "[1, \"a\", {}]", "{a = {b = {c = 1}}}", "\xff\xfe", "\"\xc3\x28\"", "", "\"open", "[\"open\"", "{ a ="};
    if (depth > 0 && one_in(12)) return "[" + value(depth - 1) + ", " + value(depth - 1) + "]";
    if (depth > 0 && one_in(12)) return "{ memory = " + value(depth - 1) + ", batch = " + value(depth - 1) + " }";
    return one_in(3) ? any_of(odd) : any_of(usual);
  }

  void mutate(std::string& text) {
    for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0: text[at] = static_cast<char>(below(256)); break;
        case 1: text.erase(at, 1 + below(9)); break;
        case 2: text.insert(at, std::string(1 + below(2000), "[{\"=.#"[below(6)])); break;
        default: text.insert(at, text.substr(below(text.size()), below(60)));
      }
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("whatever a configuration says, it is taken or refused with places, and no secret is told") {
  FuzzSeeds seeds(3'000);
  std::size_t taken = 0, refused = 0, not_toml = 0, mistakes = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    INFO("MLMON_FUZZ_SEED=" << seed);
    ConfigMaker maker(seed);
    const std::string text = maker.text();
    std::vector<std::string> sets;
    if (seed % 3 == 0) sets.push_back(maker.line());
    INFO(text);
    const ConfigTrial trial(text, seed % 2 == 0, sets);
    REQUIRE(trial.broken_promise() == "");
    not_toml += trial.is_toml() ? 0 : 1;
    (trial.errors().empty() ? taken : refused) += 1;
    mistakes += trial.errors().size();
  }
  if (seeds.asked_for()) WARN("seeds " << seeds.first() << " on: " << taken << " configurations taken, " << refused << " refused");
  // Else it proves little.
  CHECK(taken > 50);
  CHECK(refused - not_toml > 200);
  CHECK(mistakes > 1'000);
}
