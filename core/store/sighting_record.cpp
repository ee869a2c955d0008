#include "core/store/sighting_record.h"

#include <cmath>
#include <string>
#include <utility>

#include "core/store/query.h"
#include "core/text/json_text.h"

namespace mlmon {
namespace {

// json_patch(a, b): the members of b over those of a.
constexpr const char* kPut =
    "INSERT INTO sightings (model, metrics_events, drift_events, last_event_ns, figures) "
    "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "metrics_events = metrics_events + excluded.metrics_events, "
    "drift_events = drift_events + excluded.drift_events, "
    "figures = CASE WHEN excluded.last_event_ns < last_event_ns "
    "THEN json_patch(excluded.figures, figures) ELSE json_patch(figures, excluded.figures) END, "
    "last_event_ns = max(last_event_ns, excluded.last_event_ns)";

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

Result<SightingRecord> SightingRecord::open(Database& database) {
  SightingRecord record(database);
  Result<Statement> put = database.prepare(kPut);
  if (!put) return put.error();
  record.put_ = std::move(*put);
  return record;
}

Result<void> SightingRecord::add(const Sighting& sighting, std::int64_t model) {
  const std::string figures = figures_json(sighting);
  bind_all(put_, model, static_cast<std::int64_t>(sighting.metrics_events),
           static_cast<std::int64_t>(sighting.drift_events), sighting.last_event_ns,
           std::string_view(figures));
  return database_->run(put_);
}

}  // namespace mlmon
