#include "tests/core/event_judge.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string_view>

namespace mlmon {
namespace {

using Json = nlohmann::json;

struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void expect(bool holds, const char* what) {
  if (!holds) throw Refusal(what);
}

bool is_for_others(std::string_view line, const EventRules& rules) {
  const auto opens = std::count_if(line.begin(), line.end(), [](char c) { return c == '{' || c == '['; });
  const bool nan = rules.nan_is_null && (line.find("NaN") != line.npos || line.find("Infinity") != line.npos);
  return nan || opens > 1'000 || line.starts_with("\xef\xbb\xbf") || !rules.unwrap.empty();
}

constexpr int kNumberTooLarge = 406;  // of nlohmann's exceptions

/// Nothing: it is JSON in which a number is beyond the doubles. Throws json::exception.
std::optional<Json> read(std::string_view line) {
  try {
    return Json::parse(line);
  } catch (const Json::out_of_range& error) {
    if (error.id != kNumberTooLarge) throw;
    return std::nullopt;
  }
}

/// Of a text that is one.
Instant instant_of(const std::string& text) {
  int year = 0, zone_hours = 0, zone_minutes = 0, used = 0;
  unsigned month = 0, day = 0;
  std::int64_t hour = 0, minute = 0, second = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2u-%2u%*c%2ld:%2ld:%2ld%n", &year, &month, &day, &hour, &minute, &second, &used);
  expect(read == 6, "its time is none");
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  expect(date.ok() && hour < 24 && minute < 60 && second < 60, "its time is on no clock");
  std::string rest = text.substr(static_cast<std::size_t>(used)), fraction;
  if (rest.starts_with('.')) {
    fraction = rest.substr(1, rest.find_first_not_of("0123456789", 1) - 1);
    rest.erase(0, 1 + fraction.size());
    expect(!fraction.empty() && fraction.size() <= 9, "its time has no digits after the point, or too many");
  }
  fraction.resize(9, '0');
  if (rest.size() > 1) {
    expect(rest[0] == '+' || rest[0] == '-', "its zone is none");
    expect(std::sscanf(rest.c_str() + 1, "%2d%*[:]%2d", &zone_hours, &zone_minutes) >= 1, "its zone is none");
    if (rest.size() == 5) std::sscanf(rest.c_str() + 3, "%2d", &zone_minutes);
  }
  const std::int64_t zone = (rest.starts_with('-') ? -60 : 60) * (std::int64_t{60} * zone_hours + zone_minutes);
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return {((days * 24 + hour) * 60 + minute) * 60 + second - zone, std::stoi(fraction)};
}

/// The member, where it is not absent.
const Json* member(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

std::string text_of(const Json& object, const char* name) {
  const Json* const text = member(object, name);
  expect(text != nullptr && text->is_string(), name);
  return text->get<std::string>();
}

/// 0 is 0, with any sign: nlohmann reads -0 as an integer.
void expect_figure(const Json& event, const char* name, double row, bool fraction) {
  const Json* const figure = member(event, name);
  if (figure == nullptr) return expect(std::isnan(row), name);
  expect(figure->is_number(), name);
  const double told = figure->get<double>(), wanted = fraction ? std::clamp(told, 0.0, 1.0) : told;
  expect(std::fabs(told - wanted) < 1.000001e-9 && row == wanted, name);
}

void expect_absent(std::initializer_list<double> figures) {
  for (const double figure : figures) expect(std::isnan(figure), "it has a figure of another type");
}

void expect_figures(const Json& event, const Batch& batch, std::uint32_t row) {
  const bool metrics = batch.kind[row] == kMetrics, drift = batch.kind[row] == kDrift;
  if (metrics) {
    expect_figure(event, "accuracy", batch.accuracy[row], true);
    expect_figure(event, "precision", batch.precision[row], true);
    expect_figure(event, "recall", batch.recall[row], true);
    expect_figure(event, "f1", batch.f1[row], true);
  } else {
    expect_absent({batch.accuracy[row], batch.precision[row], batch.recall[row], batch.f1[row]});
  }
  if (!drift) {
    expect_absent({batch.p_value[row], batch.magnitude[row]});
  } else if (member(event, "features") == nullptr) {
    expect_figure(event, "p_value", batch.p_value[row], true);
    expect_figure(event, "magnitude", batch.magnitude[row], false);
  }
  const Json* const samples = metrics || drift ? member(event, "samples") : nullptr;
  if (samples == nullptr) return expect(batch.samples[row] == -1, "it has samples");
  expect(samples->is_number_integer() && *samples >= 0 && batch.samples[row] == *samples, "samples");
}

/// https://semver.org/, "Is there a suggested regular expression".
bool is_semver(const std::string& text) {
  static const std::regex suggested(
      R"((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?)");
  return text.size() > 128 || std::regex_match(text, suggested);  // it recurses
}

const char* time_name(std::uint32_t kind) { return kind == kMetrics ? "captured_at" : kind == kDrift ? "detected_at" : "at"; }

void expect_row(const Json& line, const Batch& batch, std::uint32_t row, const ModelTable& models, const EventRules& rules) {
  expect(line.is_object(), "it is not an object");
  const Json& event = member(line, "specversion") != nullptr ? line.at("data") : line;
  expect(event.is_object(), "it is an envelope of no object");
  expect(kind_of(text_of(event, "type"), rules) == batch.kind[row], "it is of another type");
  const Json* const told = member(event, "model");
  expect(told != nullptr && told->is_object(), "it has no model");
  const Model& model = models.at(batch.model[row]);
  expect(text_of(*told, "name") == model.name, "it has another model");
  expect(text_of(*told, "version") == model.version, "it has another version");
  expect(rules.any_version || is_semver(std::string(model.version)), "its version is none");
  expect(instant_of(text_of(*told, "deployed_at")) == model.deployed_at, "it has another deployed_at");
  expect(instant_of(text_of(event, time_name(batch.kind[row]))) == from_unix_ns(batch.time_ns[row]), "it has another time");
  expect_figures(event, batch, row);
}

void judge_row(const Batch& batch, std::uint32_t row, const ModelTable& models, const EventRules& rules) {
  const std::string_view line = batch.block.text().substr(batch.raw_off[row], batch.raw_len[row]);
  if (is_for_others(line, rules)) return;
  expect(line.find('\0') == line.npos, "it has a NUL byte");
  if (const auto json = read(line)) expect_row(*json, batch, row, models, rules);
}

void judge_bad(const Batch& batch, const BadRecord& bad, const EventRules& rules) {
  const bool no_json = bad.reason == BadReason::kInvalidJson || bad.reason == BadReason::kInvalidUtf8;
  if (!no_json && bad.reason != BadReason::kNotAnObject) return;
  const std::string_view line = batch.block.text().substr(bad.at, bad.size);
  // At a NUL byte nlohmann's input ends.
  if (is_for_others(line, rules) || line.find('\0') != line.npos) return;
  try {
    const auto json = read(line);
    if (!json) return;
    expect(!no_json, "it is JSON");
    expect(!json->is_object(), "it is an object");
  } catch (const Json::exception&) {
    expect(no_json, "it is no JSON");
  }
}

}  // namespace

std::string judgement_of(const Batch& batch, const ModelTable& models, const EventRules& rules) {
  for (std::uint32_t row = 0; row < batch.rows(); ++row) {
    try {
      judge_row(batch, row, models, rules);
    } catch (const std::exception& error) {
      return "line " + std::to_string(batch.line[row]) + " was taken: " + error.what();
    }
  }
  for (const BadRecord& bad : batch.bad) {
    try {
      judge_bad(batch, bad, rules);
    } catch (const Refusal& error) {
      return "line " + std::to_string(bad.line) + " is " + std::string(to_string(bad.reason)) + ": " + error.what();
    }
  }
  return {};
}

}  // namespace mlmon
