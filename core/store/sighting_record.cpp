#include "core/store/sighting_record.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/store/query.h"
#include "core/text/json_text.h"

namespace mlmon {
namespace {

// json_patch(a, b): the members of b over those of a.
#define MLMON_LATER(column) \
  column " = CASE WHEN s." column " < excluded." column " THEN excluded." column " ELSE s." column " END"
#define MLMON_ADD                                                                      \
  "ON CONFLICT (model) DO UPDATE SET "                                                 \
  "metrics_events = s.metrics_events + excluded.metrics_events, "                      \
  "drift_events = s.drift_events + excluded.drift_events, "                            \
  "figures = CASE WHEN excluded.last_event_ns < s.last_event_ns "                      \
  "THEN json_patch(excluded.figures, s.figures) ELSE json_patch(s.figures, excluded.figures) END, " \
  MLMON_LATER("last_event_ns") ", " MLMON_LATER("metrics_ns") ", " MLMON_LATER("drift_ns")
#define MLMON_COLUMNS "(model, metrics_events, drift_events, last_event_ns, figures, metrics_ns, drift_ns) "
constexpr const char* kPut =
    "INSERT INTO sightings AS s " MLMON_COLUMNS "VALUES (?, ?, ?, ?, ?, ?, ?) " MLMON_ADD;
constexpr const char* kPutAll =
    "INSERT INTO sightings AS s " MLMON_COLUMNS
    "SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::bigint[]) "
    MLMON_ADD;
#undef MLMON_COLUMNS
#undef MLMON_LATER
#undef MLMON_ADD

void append_figure(std::string& json, std::string_view name, double value) {
  if (std::isnan(value)) return;
  if (json.size() > 1) json += ',';
  append_json_string(json, name);
  json += ':';
  append_json_number(json, value);
}

std::string figures_json(const Sighting& sighting) {
  std::string json = "{";
  append_figure(json, "accuracy", sighting.accuracy);
  append_figure(json, "precision", sighting.precision);
  append_figure(json, "recall", sighting.recall);
  append_figure(json, "f1", sighting.f1);
  append_figure(json, "p_value", sighting.p_value);
  append_figure(json, "magnitude", sighting.magnitude);
  for (const Sighting::Figure& figure : sighting.more) append_figure(json, figure.name, figure.value);
  if (sighting.samples >= 0) {
    json += (json.size() > 1 ? ",\"samples\":" : "\"samples\":") + std::to_string(sighting.samples);
  }
  return json + "}";
}

}  // namespace

std::string figures_in_order(std::string_view text) {
  using Json = nlohmann::ordered_json;
  const Json figures = Json::parse(text, nullptr, false);
  if (!figures.is_object()) return std::string(text);
  std::string json = "{";
  const auto append = [&json](const std::string& name, const Json& value) {
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
    json += ':';
    if (value.is_number_float()) {
      append_json_number(json, value.get<double>());
    } else {
      json += value.dump();
    }
  };
  constexpr const char* kFirst[] = {"accuracy", "precision", "recall", "f1", "p_value", "magnitude"};
  for (const char* name : kFirst) {
    if (figures.contains(name)) append(name, figures[name]);
  }
  for (const auto& [name, value] : figures.items()) {
    const bool placed = name == "samples" || std::find(std::begin(kFirst), std::end(kFirst), name) != std::end(kFirst);
    if (!placed) append(name, value);
  }
  if (figures.contains("samples")) append("samples", figures["samples"]);
  return json + "}";
}

Result<SightingRecord> SightingRecord::open(Database& database) {
  auto writer = database.group_writer(kPut, kPutAll);
  if (!writer) return writer.error();
  return SightingRecord(std::move(*writer));
}

Result<void> SightingRecord::add(const Sighting& sighting, std::int64_t model) {
  if (!models_.insert(model).second) {
    if (const auto flushed = flush(); !flushed) return flushed;
    models_.insert(model);
  }
  const std::string figures = figures_json(sighting);
  return writer_->add(model, static_cast<std::int64_t>(sighting.metrics_events),
                      static_cast<std::int64_t>(sighting.drift_events), sighting.last_event_ns,
                      std::string_view(figures), sighting.metrics_ns, sighting.drift_ns);
}

void SightingRecord::begin() {
  writer_->begin();
  models_.clear();
}

Result<void> SightingRecord::flush() {
  models_.clear();
  return writer_->flush();
}

}  // namespace mlmon
