#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/import/document.h"

// What a detector of Alibi Detect predicts: {"data": {…}, "meta": {…}} (cd/base.py of
// https://github.com/SeldonIO/alibi-detect), by itself, in a CloudEvents envelope, or as a JSON string.

namespace mlmon {
namespace {

using Json = ImportJson;

/// The p-values and distances of what was tested, by their place.
struct Tests {
  std::vector<std::optional<double>> p_values, distances;
  bool by_feature = false;  // arrays
};

Result<std::vector<std::optional<double>>> read_array(const Json& value, const char* name,
                                                      ImportSink& sink) {
  std::vector<std::optional<double>> values;
  if (value.is_null()) return values;
  for (const Json& item : value.is_array() ? value : Json::array({value})) {
    values.push_back(figure_of(item, name, sink));
    if (!values.back() && !item.is_null() && !item.is_string()) {
      return Error{std::string("data/") + name + ": expected numbers, got " + kind_of(item)};
    }
  }
  return values;
}

Result<Tests> read_tests(const Json& data, ImportSink& sink) {
  Tests tests;
  const Json& distances =
      data.contains("distance") ? data["distance"] : member_of(data, "test_stat");
  auto p_values = read_array(member_of(data, "p_val"), "p_val", sink);
  if (!p_values) return p_values.error();
  auto read_alibi = read_array(distances, "distance", sink);
  if (!read_alibi) return read_alibi.error();
  tests.p_values = std::move(*p_values);
  tests.distances = std::move(*read_alibi);
  for (auto& distance : tests.distances) {
    if (!distance || *distance >= 0) continue;
    sink.left_out("distance below 0");  // an unbiased estimate of one
    distance.reset();
  }
  tests.by_feature = member_of(data, "p_val").is_array() || distances.is_array();
  return tests;
}

/// The smallest p-value and the distance at it; without p-values the largest distance.
void add_event_figures(const Tests& tests, Observation& observation) {
  const auto less = [](const auto& a, const auto& b) { return a && (!b || *a < *b); };
  const auto p = std::min_element(tests.p_values.begin(), tests.p_values.end(), less);
  std::size_t at = static_cast<std::size_t>(p - tests.p_values.begin());
  if (p != tests.p_values.end() && *p) {
    observation.drift.push_back({drift_path(Field::kPValue), **p});
  } else {
    const auto least_first = [](const auto& a, const auto& b) { return b && (!a || *a < *b); };
    at = static_cast<std::size_t>(
        std::max_element(tests.distances.begin(), tests.distances.end(), least_first) -
        tests.distances.begin());
  }
  if (at < tests.distances.size() && tests.distances[at]) {
    observation.drift.push_back({drift_path(Field::kMagnitude), *tests.distances[at]});
  }
}

Result<void> add_features(const Tests& tests, const ImportChoices& choices,
                          Observation& observation) {
  const std::size_t count = std::max(tests.p_values.size(), tests.distances.size());
  if (choices.features.size() > count) {
    return Error{"expected as many features as --feature names (" +
                 std::to_string(choices.features.size()) + "), got " + std::to_string(count)};
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = i < choices.features.size() ? choices.features[i] : std::to_string(i);
    if (i < tests.p_values.size() && tests.p_values[i]) {
      observation.drift.push_back({feature_path(name, Field::kPValue), *tests.p_values[i]});
    }
    if (i < tests.distances.size() && tests.distances[i]) {
      observation.drift.push_back({feature_path(name, Field::kMagnitude), *tests.distances[i]});
    }
  }
  return {};
}

/// What a string holds that a server has encoded once more; anything else as it is.
Json decoded(const Json& value) {
  Json held = value;
  for (int times = 0; times < 2 && held.is_string(); ++times) {
    Json inner = Json::parse(held.get<std::string>(), nullptr, false);
    if (inner.is_discarded()) break;
    held = std::move(inner);
  }
  return held;
}

Result<void> read_alibi(const Json& document, const ImportChoices& choices, ImportSink& sink) {
  Observation observation;
  Json prediction = decoded(document);
  if (prediction.is_object() && prediction.contains("specversion")) {
    observation.id = text_of(member_of(prediction, "id"));
    observation.time = text_of(member_of(prediction, "time"));
    prediction = decoded(member_of(prediction, "data"));
  }
  const Json& data = member_of(prediction, "data");
  const auto has = [&](const char* name) { return data.is_object() && data.contains(name); };
  if (!has("is_drift") && !has("p_val") && !has("distance")) {
    return Error{"expected what a detector predicts: an object with data (is_drift, p_val, distance) and "
                 "meta, got " + kind_of(prediction)};
  }
  const auto tests = read_tests(data, sink);
  if (!tests) return tests.error();
  add_event_figures(*tests, observation);
  if (tests->by_feature || !choices.features.empty()) {
    if (auto added = add_features(*tests, choices, observation); !added) return added;
  }
  sink.observe(observation);
  return {};
}

}  // namespace

DocumentFormat alibi_format(const ImportChoices& choices) {
  return [&choices](const Json& document, ImportSink& sink) { return read_alibi(document, choices, sink); };
}

}  // namespace mlmon
