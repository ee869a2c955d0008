#include "core/run/sightings.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace mlmon {
namespace {

constexpr std::string_view kMetricsPointer = "/metrics/";

void take_newest(double& figure, double value, bool newest) {
  if (!std::isnan(value) && (newest || std::isnan(figure))) figure = value;
}

}  // namespace

void Sightings::use(const std::vector<Projection>& projections) {
  extras_.clear();
  for (std::size_t column = 0; column < projections.size(); ++column) {
    const Projection& one = projections[column];
    std::vector<std::string> tokens;
    if (one.type != Projection::Type::kNumber || !one.pointer.starts_with(kMetricsPointer)) continue;
    if (split_json_pointer(one.pointer, tokens) && tokens.size() == 2) {
      extras_.push_back({column, tokens[1]});
    }
  }
}

void Sightings::add(const Batch& batch, std::uint32_t first, std::uint32_t end) {
  for (std::uint32_t row = first; row < end; ++row) {
    if (batch.kind[row] != kMetrics && batch.kind[row] != kDrift) continue;
    const std::uint32_t model = batch.model[row];
    if (model >= known_.size()) known_.resize(model + 1);
    Known& known = known_[model];
    if (!known.touched) touched_.push_back(model);
    known.touched = true;
    add_row(batch, row, known);
  }
}

void Sightings::add_row(const Batch& batch, std::uint32_t row, Known& known) {
  Sighting& now = known.now;
  const bool metrics = batch.kind[row] == kMetrics;
  const std::int64_t time_ns = batch.time_ns[row];
  ++(metrics ? now.metrics_events : now.drift_events);
  now.last_event_ns = std::max(now.last_event_ns, time_ns);
  std::int64_t& newest_ns = metrics ? now.metrics_ns : now.drift_ns;
  const bool newest = time_ns >= newest_ns;
  newest_ns = std::max(newest_ns, time_ns);
  if (newest && batch.samples[row] >= 0) now.samples = batch.samples[row];
  if (metrics) {
    take_newest(now.accuracy, batch.accuracy[row], newest);
    take_newest(now.precision, batch.precision[row], newest);
    take_newest(now.recall, batch.recall[row], newest);
    take_newest(now.f1, batch.f1[row], newest);
  } else {
    take_newest(now.p_value, batch.p_value[row], newest);
    take_newest(now.magnitude, batch.magnitude[row], newest);
  }
  if (extras_.empty()) return;
  now.more.resize(extras_.size());
  for (std::size_t i = 0; i < extras_.size(); ++i) {
    now.more[i].name = extras_[i].name;
    take_newest(now.more[i].value, batch.projected.columns[extras_[i].column].numbers[row], newest);
  }
}

std::vector<Sighting> Sightings::take() {
  std::vector<Sighting> news;
  news.reserve(touched_.size());
  for (const std::uint32_t model : touched_) {
    Known& known = known_[model];
    known.now.model = model;
    news.push_back(known.now);
    known.now.metrics_events = known.now.drift_events = 0;
    known.touched = false;
  }
  touched_.clear();
  return news;
}

}  // namespace mlmon
