// Any text as a configuration: refused with places, or taken; the same each time, and no secret is told.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "tests/core/fuzzing.h"

using namespace mlmon;

namespace {

constexpr const char* kSecret = "tr0ub4dor";

/// One file, a few variables, and a secret's file.
class FuzzedEnvironment final : public ConfigEnvironment {
 public:
  std::string text;

  std::optional<std::string> variable(const std::string& name) const override {
    if (name == "HOME") return "/home/me";
    return name == "TOKEN" ? std::optional<std::string>(kSecret) : std::nullopt;
  }
  bool exists(const std::string& path) const override { return path == "m.toml"; }
  Result<FileText> read(const std::string& path, std::size_t) const override {
    if (path == "m.toml") return FileText{text, user(), 0644};
    if (path.ends_with("secret")) return FileText{std::string(kSecret) + "\n", user(), 0600};
    return Error{"No such file or directory"};
  }
  std::uint32_t user() const override { return 1000; }
};

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

std::vector<std::string> texts_of(const ConfigLoad& load) {
  std::vector<std::string> texts;
  for (const ConfigError& error : load.errors) texts.push_back(error.to_string());
  return texts;
}

}  // namespace

TEST_CASE("whatever a configuration says, it is taken or refused with places, and no secret is told") {
  FuzzSeeds seeds(3'000);
  std::size_t taken = 0, refused = 0, not_toml = 0, mistakes = 0;
  while (seeds.any_left()) {
    const std::uint64_t seed = seeds.next();
    INFO("MLMON_FUZZ_SEED=" << seed);
    ConfigMaker maker(seed);
    FuzzedEnvironment environment;
    environment.text = maker.text();
    ConfigSources sources{"m.toml", seed % 2 == 0, {}};
    if (seed % 3 == 0) sources.sets.push_back(maker.line());
    INFO(environment.text);
    const ConfigLoad load = load_config(sources, environment);
    const std::vector<std::string> texts = texts_of(load);
    REQUIRE(texts == texts_of(load_config(sources, environment)));
    for (const std::string& text : texts) {
      INFO(text);
      REQUIRE(text.find(kSecret) == text.npos);
      REQUIRE((text.starts_with("m.toml") || text.starts_with("--set")));
      REQUIRE(text.find(": ") != text.npos);
    }
    if (!load.config) REQUIRE_FALSE(texts.empty());
    not_toml += load.config ? 0 : 1;
    (texts.empty() ? taken : refused) += 1;
    mistakes += texts.size();
    if (!texts.empty()) continue;
    for (const auto& [key, given] : load.config->given) {
      INFO(key << " = " << given.json);
      REQUIRE((given.secret || given.json.find(kSecret) == given.json.npos));
    }
  }
  if (seeds.asked_for()) WARN("seeds " << seeds.first() << " on: " << taken << " configurations taken, " << refused << " refused");
  // Else it proves little.
  CHECK(taken > 50);
  CHECK(refused - not_toml > 200);
  CHECK(mistakes > 1'000);
}
