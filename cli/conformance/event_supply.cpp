#include "cli/conformance/event_supply.h"

#include <fmt/format.h>

#include <cassert>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/event/block_parser.h"
#include "core/event/projector.h"
#include "core/event/rfc3339.h"
#include "core/text/json_text.h"
#include "core/time_units.h"

namespace mlmon {
namespace {

constexpr std::uint64_t kMaxLine = 1 << 20;
constexpr std::size_t kJobTakes = 10;             // lines
constexpr std::int64_t kStart_s = 1'767'225'600;  // 2026-01-01T00:00:00Z

/// Numbers that look random and are always the same: splitmix64 (Steele, Lea, Flood 2014).
class Dice {
 public:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(next() % limit); }
  double figure() { return below(1001) / 1000.0; }

 private:
  std::uint64_t state_ = 0;
};

std::string model_json(std::uint32_t number) {
  static const std::string kNames[] = {"fraud",       "größe-模型", "a \"quoted\" \\ name",
                                       "%s%n{model}", "x",          std::string(256, 'n')};
  const std::string name =
      number < std::size(kNames) ? kNames[number] : fmt::format("model-{}", number);
  std::string json = "{\"name\":";
  append_json_string(json, name);
  return json + fmt::format(R"(,"version":"1.{}.0-rc.1","deployed_at":"2025-12-{:02}T00:00:00Z"}})",
                            number, number % 28 + 1);
}

/// A minute after the other, a step back now and then, and days without events.
std::string time_text(std::uint32_t i) {
  const std::int64_t back = i % 17 == 16 ? 9 : 0;
  const std::int64_t days = std::int64_t{i / 300} * 3;
  return format_rfc3339(from_unix_ns((kStart_s + 86'400 * days + 60 * (i - back)) * kNsPerSecond));
}

/// The last model of all has long silences.
std::uint32_t model_number(std::uint32_t i, std::uint32_t models, Dice& dice) {
  return dice.below(i % 700 < 350 ? models : models - 1);
}

std::string made_up_line(std::uint32_t i, const std::vector<std::string>& types,
                         std::uint32_t models, Dice& dice) {
  const std::string model = model_json(model_number(i, models, dice));
  const std::string time = time_text(i);
  if (!types.empty() && i % 5 == 4) {
    return fmt::format(
        R"({{"type":"{}","model":{},"id":"e{}","value":{},"note":"made up","at":"{}"}})",
        types[i / 5 % types.size()], model, i, dice.figure(), time);
  }
  if (i % 20 == 19) {
    return fmt::format(
        R"({{"type":"job","model":{},"job":"{:026}","status":"done","at":"{}","note":"made up"}})",
        model, i, time);
  }
  if (i % 3 == 2) {
    return fmt::format(R"({{"type":"drift","model":{},"p_value":{},"magnitude":{},"feature":"f{}",)"
                       R"("detected_at":"{}"}})",
                       model, dice.below(3) == 0 ? 0.001 : dice.figure(), dice.figure(), i % 7,
                       time);
  }
  return fmt::format(
      R"({{"type":"metrics","model":{},"accuracy":{},"precision":{},"recall":{},"f1":{},)"
      R"("samples":{},"metrics":{{"auc":{},"rmse":{}}},"labels":{{"team":"t{}"}},)"
      R"("captured_at":"{}"}})",
      model, dice.figure(), dice.figure(), dice.figure(), dice.figure(), dice.below(10'000),
      dice.figure(), dice.below(100), i % 4, time);
}

}  // namespace

std::vector<std::string> made_up_lines(std::uint32_t count, const std::vector<std::string>& types,
                                       std::uint32_t models) {
  Dice dice;
  std::vector<std::string> lines;
  for (std::uint32_t i = 0; i < count; ++i) lines.push_back(made_up_line(i, types, models, dice));
  return lines;
}

std::vector<std::string> with_ends(const std::vector<std::string>& lines,
                                   const std::vector<std::string>& decisions) {
  std::multimap<std::size_t, std::string> ends;
  for (const std::string& text : decisions) {
    const auto decision = nlohmann::json::parse(text);
    if (!decision.contains("id")) continue;
    ends.emplace(decision["line"].get<std::size_t>() + kJobTakes,
                 nlohmann::json{{"type", "job"},
                                {"model", decision["model"]},
                                {"job", decision["id"]},
                                {"status", "done"},
                                {"at", decision["event_time"]}}
                     .dump());
  }
  std::vector<std::string> all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    all.push_back(lines[i]);
    const auto [begin, end] = ends.equal_range(i + 1);
    for (auto it = begin; it != end; ++it) all.push_back(it->second);
  }
  return all;
}

EventSupply::EventSupply(const std::vector<std::string>& lines, std::vector<std::string> types,
                         std::uint32_t handles_before)
    : types_(std::move(types)) {
  for (std::uint32_t i = 0; i < handles_before; ++i) {
    models.intern(fmt::format("met before {}", i), "1.0.0", from_unix_ns(kStart_s));
  }
  RawBlock& block = batch.block;
  for (const std::string& line : lines) {
    block.buffer.insert(block.buffer.end(), line.begin(), line.end());
    block.buffer.push_back('\n');
  }
  block.size = block.buffer.size();
  block.buffer.resize(block.size + RawBlock::kPadding);
  BlockParser(rules(), models, kMaxLine).parse(batch);
  assert(batch.rows() == lines.size());
  batch.source = std::make_shared<const std::string>("made-up");
  batch.place(0, 1);
}

EventRules EventSupply::rules() const {
  EventRules rules;
  rules.foreign_types = types_;
  return rules;
}

void EventSupply::project(const std::vector<Projection>& projections) {
  if (projections == projections_) return;
  projections_ = projections;
  std::vector<std::uint32_t> kinds;
  for (const Projection& projection : projections) {
    const std::uint32_t kind = kind_of(projection.event_type, rules());
    kinds.push_back(projection.event_type.empty() ? Projector::kEveryKind
                    : kind == 0                   ? Projector::kNoKind
                                                  : kind);
  }
  Projector projector(projections, kinds);
  batch.projected = {};
  if (projections.empty()) return;
  const std::string_view text = batch.block.text();
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    projector.append(text.substr(batch.raw_off[row], batch.raw_len[row]), batch.kind[row],
                     batch.projected);
  }
}

}  // namespace mlmon
