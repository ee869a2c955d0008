#include "core/action/decision.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/event/block_parser.h"
#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

mlmon_str str(std::string_view text) { return {text.data(), text.size()}; }

/// A batch of one event, maybe several times, and a writer for it.
class Deciding {
 public:
  explicit Deciding(const std::string& line, const std::string& source = "events.ndjson", std::uint32_t times = 1) {
    BlockParser parser({}, models_, 1 << 20);
    std::string text;
    for (std::uint32_t i = 0; i < times; ++i) text += line + "\n";
    batch_.block.buffer.assign(text.begin(), text.end());
    batch_.block.buffer.resize(text.size() + RawBlock::kPadding);
    batch_.block.size = text.size();
    parser.parse(batch_);
    REQUIRE(batch_.rows() == times);
    batch_.source = std::make_shared<const std::string>(source);
    batch_.place(16, 40);
  }

  Result<Decision> act(std::string_view fields, std::string_view type = "alert",
                       std::string_view rule = "low", std::string_view transition = "", std::uint32_t row = 0) {
    const mlmon_action action = {sizeof(mlmon_action), 0,          1, 0, str(type), str(rule),
                                 str(transition),      str(fields)};
    return writer_.action(batch_, row, action);
  }
  bool plain(std::uint32_t row) const { return batch_.plain[row] != 0; }

  Result<Decision> suppress(std::string_view why, bool has_until = false) {
    const mlmon_suppression held = {sizeof(mlmon_suppression),
                                    0,
                                    1,
                                    has_until ? 1u : 0u,
                                    str("retrain"),
                                    str("f1"),
                                    str(why),
                                    0,
                                    str("{\"value\":1}")};
    return writer_.suppression(batch_, 0, held);
  }

 private:
  ModelTable models_;
  Batch batch_;
  DecisionWriter writer_{"me", {}, models_};
};

const std::string kLine = metrics(R"("f1":0.5)");

}  // namespace

TEST_CASE("an event that was read in the fast way makes the action that it makes in the slow way") {
  const std::string figures = R"("accuracy":1,"precision":0.25,"recall":1e-3,"f1":0.84372,"samples":12)";
  const std::pair<std::string, bool> lines[] = {{metrics(figures), true},
                                                {metrics(R"("f1":0)"), true},
                                                {drift(R"("p_value":0.01)"), true},
                                                {drift(R"("magnitude":7.5,"p_value":0)"), true},
                                                {metrics(R"("f1":0.5,"id":"e1")"), false},
                                                {metrics(R"("f1":0.5,"labels":{"team":"a"})"), false},
                                                {metrics(R"("f1":0.5,"metrics":{"auc":1})"), false}};
  for (const auto& [line, plain] : lines) {
    INFO(line);
    Deciding deciding(line, "events.ndjson", 3);
    CHECK_FALSE(deciding.plain(0));
    CHECK(deciding.plain(2) == plain);
    const auto slow = deciding.act("{}"), fast = deciding.act("{}", "alert", "low", "", 2);
    CHECK(slow->id == fast->id);
    CHECK(slow->json.substr(0, slow->json.find(",\"line\"")) == fast->json.substr(0, fast->json.find(",\"line\"")));
  }
}

TEST_CASE("of an alert the record gets what it says, decoded") {
  Deciding deciding(kLine);
  const auto told = deciding.act(R"({"severity":"a\u0062c","suppressed":"b","once":false})", "alert", "low", "firing");
  REQUIRE(told->alert);
  CHECK(told->alert->rule == "low");
  CHECK(told->alert->state == "firing");
  CHECK(told->alert->severity == "abc");
  CHECK(told->alert->suppressed == "b");
  CHECK(deciding.act(R"({"once":true})", "alert", "low", "firing")->alert->state.empty());
  const auto bare = deciding.act("", "alert", "low", "firing");  // the one before had members
  CHECK(bare->alert->state == "firing");
  CHECK(bare->alert->severity.empty());
  CHECK_FALSE(deciding.act(R"({"severity":"x"})", "retrain")->alert);
}

TEST_CASE("an action has the host's members around the plugin's") {
  Deciding deciding(metrics(R"("f1":0.5,"labels":{"team":"a\nb","app":"x"})"));
  const auto decision = deciding.act(R"({"value":0.5})", "alert", "low_f1", "firing");
  REQUIRE(decision.ok());
  CHECK(decision->json ==
        R"({"action":"alert","id":")" + decision->id +
            R"(","observer":"me","rule":"low_f1","state":"firing","model":{"name":"fraud",)"
            R"("version":"2.1.0","deployed_at":"2026-01-01T00:00:00Z"},"value":0.5,)"
            R"("labels":{"app":"x","team":"a\nb"},"event_time":"2026-02-01T08:00:00Z",)"
            R"("source":"events.ndjson","line":17,"offset":0})");
  CHECK(decision->id.size() == 26);
  CHECK(decision->seq == 41 * Batch::kSeqStep);
  CHECK(decision->state == "firing");
  CHECK_FALSE(decision->suppressed);
}

TEST_CASE("what was suppressed says of what, why and until when, and has no id") {
  Deciding deciding(kLine);
  const auto decision = deciding.suppress("cooldown", true);
  REQUIRE(decision.ok());
  const auto json = nlohmann::json::parse(decision->json);
  CHECK(json.at("action") == "suppressed");
  CHECK(json.at("of") == "retrain");
  CHECK(json.at("why") == "cooldown");
  CHECK(json.at("until") == "1970-01-01T00:00:00Z");
  CHECK(json.at("value") == 1);
  CHECK_FALSE(json.contains("id"));
  CHECK(decision->suppressed);
  CHECK(nlohmann::json::parse(deciding.suppress("x")->json).contains("until") == false);
}

TEST_CASE("fields that are none are left out") {
  Deciding deciding(kLine);
  for (const char* fields : {"", "{}", " { \n } "}) {
    const auto decision = deciding.act(fields);
    REQUIRE(decision.ok());
    CHECK(nlohmann::json::parse(decision->json).size() == 9);
  }
}

TEST_CASE("fields stay as written, on one line") {
  Deciding deciding(kLine);
  const auto decision = deciding.act("\n{\r\n\"a\" : 1.50 ,\n\"b\":[\"}\",\n{}]\r\n}\n\t");
  REQUIRE(decision.ok());
  CHECK(decision->json.find_first_of("\r\n") == std::string::npos);
  CHECK(decision->json.find("\"a\" : 1.50 ") != std::string::npos);
  const auto json = nlohmann::json::parse(decision->json);
  CHECK(json.at("b").dump() == R"(["}",{}])");
}

TEST_CASE("fields that are no JSON object, or the host's, are refused") {
  Deciding deciding(kLine);
  for (const char* fields :
       {"{", "[]", "1", "null", "{} {}", "{\"a\":1,}", "{'a':1}", "{\"a\":\"\xff\"}", "{\"a\":NaN}",
        "\xef\xbb\xbf{", "{\"a\":\"\n\"}", " "}) {
    const auto decision = deciding.act(fields);
    INFO(fields);
    REQUIRE_FALSE(decision.ok());
    CHECK(decision.error().text.find("expected one JSON object") != std::string::npos);
  }
  for (const char* name : {"action", "id", "observer", "rule", "state", "of", "why", "until",
                           "model", "labels", "event_time", "source", "line", "offset"}) {
    CHECK_FALSE(deciding.act("{\"" + std::string(name) + "\":1}").ok());
  }
  CHECK_FALSE(deciding.act(R"({"\u0069d":1})").ok());
  CHECK(deciding.act(R"({"identity":1})").ok());
}

TEST_CASE("a refusal shows only the beginning of what was said, printable") {
  Deciding deciding(kLine);
  const auto decision = deciding.act("\x1b[" + std::string(1 << 20, 'x'));
  REQUIRE_FALSE(decision.ok());
  CHECK(decision.error().text.size() < 400);
  CHECK(decision.error().text.find('\x1b') == std::string::npos);
}

TEST_CASE("names that cannot stand in a line are refused") {
  Deciding deciding(kLine);
  for (const char* type : {"", "Alert", "a b", "a-b", "\xc3\xa4", "suppressed", "a\n"}) {
    CHECK_FALSE(deciding.act("", type).ok());
  }
  CHECK(deciding.act("", "my_type_2").ok());
  CHECK_FALSE(deciding.act("", "alert", "").ok());
  CHECK_FALSE(deciding.act("", "alert", "\xff").ok());
  CHECK_FALSE(deciding.act("", "alert", "low", "\xc3").ok());
  CHECK_FALSE(deciding.suppress("\xff").ok());
  const auto decision = deciding.act("", "alert", "a \"rule\"\n");
  REQUIRE(decision.ok());
  CHECK(nlohmann::json::parse(decision->json).at("rule") == "a \"rule\"\n");
}

TEST_CASE("a path is written as the receipt has it") {
  CHECK(nlohmann::json::parse(Deciding(kLine, "a\n\"b").act("")->json).at("source") == "a\\n\"b");
  CHECK(nlohmann::json::parse(Deciding(kLine, "a\xff").act("")->json).at("source") == "a\\xff");
}
