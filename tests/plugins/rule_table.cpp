#include "tests/plugins/rule_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <mlmon/text.hpp>
#include <sstream>

#include "tests/plugins/fake_host.h"

namespace mlmon::testing {
namespace {

constexpr double kDayNs = 86'400e9;
constexpr std::int64_t kDeployedNs = 1'767'225'600'000'000'000;  // as fake_host has it

struct Line {
  std::string text;
  Row row;
  std::string expected;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

Row read_row(const std::string& text) {
  std::istringstream words(text);
  double day = 0;
  words >> day;
  Row row;
  row.time_ns = kDeployedNs + static_cast<std::int64_t>(day * kDayNs);
  nlohmann::json metrics;
  for (std::string word; words >> word;) {
    if (word.back() == ':') {
      row.model = static_cast<mlmon_model>(word[0] - 'a' + 1);
      continue;
    }
    std::string value;
    words >> value;
    if (word == "job") {
      row.kind = MLMON_KIND_JOB;
      row.raw = R"({"job":")" + value + R"("})";
      continue;
    }
    const double figure = std::stod(value);
    if (word == "p" || word == "m") row.kind = MLMON_KIND_DRIFT;
    if (word == "f1") row.f1 = figure;
    else if (word == "accuracy") row.accuracy = figure;
    else if (word == "p") row.p_value = figure;
    else if (word == "m") row.magnitude = figure;
    else if (word == "n") row.samples = static_cast<std::int64_t>(figure);
    else metrics[word] = figure;
  }
  if (!metrics.empty()) row.raw = nlohmann::json({{"metrics", metrics}}).dump();
  return row;
}

std::vector<Line> read_table(const std::string& table) {
  std::vector<Line> lines;
  std::istringstream in(table);
  for (std::string text; std::getline(in, text);) {
    text = trimmed(text);
    if (text.empty() || text[0] == '#') continue;
    const auto arrow = text.find("->");
    REQUIRE(arrow != std::string::npos);
    lines.push_back({text, read_row(text.substr(0, arrow)), trimmed(text.substr(arrow + 2))});
  }
  return lines;
}

std::string outcome(const Decision& decision) {
  std::string text = decision.rule;
  if (!decision.transition.empty()) text += " " + decision.transition;
  if (!decision.why.empty()) text += " " + decision.why;
  if (decision.until_ns != 0) {
    std::ostringstream day;
    day << static_cast<double>(decision.until_ns - kDeployedNs) / kDayNs;
    text += " until " + day.str();
  }
  return text;
}

/// What the host was told since `from` about this row, in order.
std::string outcomes_of(const FakeObserverHost& host, std::size_t from, std::uint32_t row) {
  std::vector<const Decision*> all;
  for (const auto* decisions : {&host.actions, &host.suppressed}) {
    for (const Decision& decision : *decisions) {
      if (decision.number > from && decision.row == row) all.push_back(&decision);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const auto* a, const auto* b) { return a->number < b->number; });
  std::string text;
  for (const Decision* decision : all) text += (text.empty() ? "" : ", ") + outcome(*decision);
  return text;
}

std::string with_defaults(const mlmon_class& plugin, const std::string& config) {
  const auto schema = nlohmann::json::parse(plugin.config_schema);
  auto all = nlohmann::json::parse(config);
  for (const auto& [key, about] : schema["properties"].items()) {
    if (!all.contains(key) && about.contains("default")) all[key] = about["default"];
  }
  return all.dump();
}

using Json = nlohmann::ordered_json;

/// Times in RFC 3339 that compare as texts.
std::string comparable(const std::string& time) { return time.substr(0, time.size() - 1); }

/// What was said of a rule.
Json rule_in(const Json& said, const std::string& name) {
  for (const Json& rule : said["rules"]) {
    if (rule["rule"] == name) return rule;
  }
  return nullptr;
}

/// What was said before an event did not rule out what came of it. `now_ns`: the model's, with the event.
void check_said(const Json& said, const Decision& decision, std::int64_t now_ns) {
  const Json rule = rule_in(said, decision.rule);
  if (rule.is_null() || decision.fields.value("reason", "").starts_with("superseded")) return;
  INFO(rule.dump());
  const std::string next = rule["next"];
  CHECK(rule["applies"] == true);
  if (decision.type == "retrain" && decision.why.empty()) {
    CHECK((rule["after_job"].is_null() || next.find("(job_timeout)") != next.npos));
    if (!rule["from"].is_null()) CHECK(comparable(rule["from"]) <= comparable(format_time(now_ns)));
    CHECK(next.find("more events") == next.npos);
  }
  if (decision.why == "job_open") {
    // Another rule may have asked at this very event.
    CHECK((!rule["after_job"].is_null() || !said["asked_now"].is_null()));
  }
  if (decision.why == "cooldown" || decision.why == "budget") {
    CHECK(next.find("(" + decision.why + ")") != next.npos);
    if (!rule["from"].is_null()) {
      CHECK(comparable(rule["from"]) >= comparable(format_time(decision.until_ns)));
    }
  }
  if (decision.why == "for") CHECK(next.find("more events in a row") != next.npos);
  if (decision.transition == "firing" && rule["holds"] == false) {
    CHECK(next.starts_with("firing at the next event"));
  }
  if (decision.transition == "resolved" && rule["holds"] == true) {
    CHECK(next.starts_with("resolved at the next event"));
  }
}

}  // namespace

Json explain_after(const mlmon_class& plugin, const std::string& config, const std::string& table,
                   mlmon_model model) {
  const std::string whole = with_defaults(plugin, config);
  FakeObserverHost host(*plugin.observer, whole);
  for (const Line& line : read_table(table)) REQUIRE(host.on_batch({line.row}) == MLMON_OK);
  FakeObserverHost asked(*plugin.observer, whole);
  asked.state = host.state;
  Json said = asked.explain(model);
  CHECK(asked.state == host.state);
  CHECK(asked.actions.empty());
  CHECK(host.explain(model) == said);
  return said;
}

void check_table(const mlmon_class& plugin, const std::string& config, const std::string& table) {
  const std::string whole = with_defaults(plugin, config);
  const std::vector<Line> lines = read_table(table);
  {
    INFO("in one batch");
    std::vector<Row> rows;
    for (const Line& line : lines) rows.push_back(line.row);
    FakeObserverHost host(*plugin.observer, whole);
    REQUIRE(host.error == "");
    REQUIRE(host.on_batch(rows) == MLMON_OK);
    for (std::uint32_t i = 0; i < lines.size(); ++i) {
      INFO(lines[i].text);
      CHECK(outcomes_of(host, 0, i) == lines[i].expected);
    }
  }
  for (const bool restart : {false, true}) {
    INFO((restart ? "each with a new instance" : "one by one"));
    auto host = std::make_unique<FakeObserverHost>(*plugin.observer, whole);
    std::map<mlmon_model, std::int64_t> now;
    for (const Line& line : lines) {
      INFO(line.text);
      if (restart) {
        auto next = std::make_unique<FakeObserverHost>(*plugin.observer, whole);
        next->state = host->state;
        next->first_id = host->first_id + host->actions.size();
        host = std::move(next);
      }
      const std::size_t decided = host->actions.size() + host->suppressed.size();
      const std::size_t acted = host->actions.size(), held = host->suppressed.size();
      Json said = restart ? host->explain(line.row.model) : nullptr;
      REQUIRE(host->on_batch({line.row}) == MLMON_OK);
      CHECK(outcomes_of(*host, decided, 0) == line.expected);
      if (line.row.kind != MLMON_KIND_JOB) {
        std::int64_t& now_ns = now[line.row.model];
        now_ns = std::max(now_ns, line.row.time_ns);
      }
      if (!restart) continue;
      said["asked_now"] = host->actions.size() > acted ? Json(true) : Json();
      for (std::size_t i = acted; i < host->actions.size(); ++i) {
        check_said(said, host->actions[i], now[line.row.model]);
      }
      for (std::size_t i = held; i < host->suppressed.size(); ++i) {
        check_said(said, host->suppressed[i], now[line.row.model]);
      }
    }
  }
}

}  // namespace mlmon::testing
