#include "core/run/coverage.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/by_handle.h"
#include "core/run/job_feedback.h"

namespace mlmon {
namespace {

void reach(SourcePlace& place, const SourcePlace& other) {
  if (is_before(place, other)) place = other;
}

}  // namespace

Coverage::Coverage(const std::vector<Source>& sources, const std::vector<Projection>& projections,
                   bool from_start)
    : sources_(sources), from_start_(from_start), sightings_(projections) {}

/// Where an observer that was stopped, or never started, has left each source is kept also when it is removed.
void Coverage::succeed(const Succession& succession, const std::vector<PipelineObserver>& before,
                       const std::vector<Projection>& projections) {
  for (std::size_t i = 0; i < left_at_.size(); ++i) {
    for (std::size_t source = 0; source < left_at_[i].size(); ++source) {
      if (sources_[source].booked && before[i].gets(source)) booked(source).known.own[before[i].name] = left_at_[i][source];
    }
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    for (std::size_t source = 0; source < sources_.size() && !before[i].host; ++source) {
      if (sources_[source].booked && before[i].gets(source)) booked(source).known.own[before[i].name] = booked(source).from[i];
    }
  }
  left_at_ = succession.carried(std::move(left_at_));
  sightings_.use(projections);
}

void Coverage::add(Piece piece) {
  const Batch& batch = *piece.batch;
  if (!piece.told.empty()) add_told(std::move(piece.told));
  if (batch.host_made) return;
  if (batch.counted()) {
    std::vector<ReportedEnd> ends = JobFeedback::reported(batch, piece.first, piece.end);
    std::move(ends.begin(), ends.end(), std::back_inserter(open_.reported));
    count(piece);
    if (batch.of_log) note_homes(piece);
  }
  for (std::uint32_t row = piece.first; from_start_ && row < piece.end; ++row) {
    const std::uint32_t model = batch.model[row];
    if (!by_handle(seen_, model)) open_.begun_anew.push_back(model);
    seen_[model] = true;
  }
  if (!piece.source || !piece.last) return;
  note_moved(batch.source_index);
  if (!batch.catch_up) {
    SourceBook::advance(*piece.source, batch.end, batch.block.offset + batch.block.skipped,
                        batch.text_read());
  }
  open_.steps.push_back({batch.source_index, batch.seq_of(batch.rows()), batch.end});
}

void Coverage::count(const Piece& piece) {
  const Batch& batch = *piece.batch;
  if (!batch.counted()) return;
  sightings_.add(batch, piece.first, piece.end);
  open_.events += piece.end - piece.first;
  if (!piece.last) return;
  for (const BadRecord& bad : batch.bad) ++open_.bad[static_cast<std::size_t>(bad.reason)];
  open_.any_bad |= !batch.bad.empty();
}

void Coverage::note_homes(const Piece& piece) {
  for (std::uint32_t row = piece.first; row < piece.end; ++row) {
    const std::uint32_t model = piece.batch->model[row];
    if (!by_handle(at_home_, model)) open_.homes.push_back({model, piece.batch->source_index});
    at_home_[model] = true;
  }
}

void Coverage::note_moved(std::size_t source) {
  if (by_handle(has_moved_, source)) return;
  has_moved_[source] = true;
  open_.moved.push_back(source);
}

/// Of sources that have not moved since the last barrier the store knows how far they had been read.
void Coverage::add_told(std::vector<JournalEntry> entries) {
  Told& told = open_.told.emplace_back();
  told.entries = std::move(entries);
  for (const std::size_t source : open_.moved) {
    told.places.emplace_back(source, booked(source).known.place.offset);
  }
}

void Coverage::drop() {
  open_ = sealed_ = {};
  sightings_.drop();
  at_home_.clear();
  has_moved_.assign(has_moved_.size(), false);
}

void Coverage::begin_anew(std::size_t source) {
  if (source < committed_.size()) committed_[source].reset();
  for (std::vector<SourcePlace>& left : left_at_) {
    if (source < left.size()) left[source] = booked(source).start;
  }
}

bool Coverage::any() const {
  return !open_.moved.empty() || !open_.told.empty() || !open_.reported.empty() ||
         !open_.begun_anew.empty() || sightings_.any() || open_.events > 0 || open_.any_bad;
}

void Coverage::seal() {
  sealed_ = std::exchange(open_, {});
  sealed_.sightings = sightings_.take();
  std::sort(sealed_.moved.begin(), sealed_.moved.end());
  for (const std::size_t source : sealed_.moved) {
    has_moved_[source] = false;
    sealed_.sources.push_back(booked(source).known);
  }
  // A source that has not moved with its events will be in a later one.
  const auto moved = std::partition(sealed_.homes.begin(), sealed_.homes.end(), [this](const ModelHome& one) {
    return std::binary_search(sealed_.moved.begin(), sealed_.moved.end(), one.source);
  });
  open_.homes.assign(moved, sealed_.homes.end());
  sealed_.homes.erase(moved, sealed_.homes.end());
}

/// Where a source stands among those that the sealed part has moved.
std::size_t Coverage::at_in_moved(std::size_t source) const {
  const auto moved = std::lower_bound(sealed_.moved.begin(), sealed_.moved.end(), source);
  return static_cast<std::size_t>(moved - sealed_.moved.begin());
}

void Coverage::put_into(Checkpoint& checkpoint, const std::vector<PipelineObserver>& observers,
                        const std::vector<std::optional<StopPlace>>& stopped_at) {
  for (std::size_t at = 0; at < sealed_.moved.size(); ++at) {
    const std::size_t index = sealed_.moved[at];
    KnownSource& known = sealed_.sources[at];
    known.row = booked(index).known.row;
    for (std::size_t i = 0; i < observers.size(); ++i) {
      if (!observers[i].gets(index)) continue;
      known.own.erase(observers[i].name);
      if (!observers[i].host) {
        known.own[observers[i].name] = booked(index).from[i];
      } else if (stopped_at[i]) {
        known.own[observers[i].name] = own_place(i, index, *stopped_at[i]);
      }
    }
  }
  for (Told& told : sealed_.told) {
    for (auto& [source, offset] : told.places) source = at_in_moved(source);
  }
  for (ModelHome& home : sealed_.homes) home.source = at_in_moved(home.source);
  checkpoint.sources = std::move(sealed_.sources);
  checkpoint.told = std::move(sealed_.told);
  checkpoint.reported = std::move(sealed_.reported);
  checkpoint.begun_anew = std::move(sealed_.begun_anew);
  if (!checkpoint.begun_anew.empty()) {
    for (const PipelineObserver& observer : observers) checkpoint.observers.push_back(observer.name);
  }
  checkpoint.sightings = std::move(sealed_.sightings);
  checkpoint.homes = std::move(sealed_.homes);
  if (sealed_.events > 0) checkpoint.totals.push_back({"events", "", "", sealed_.events});
  for (std::size_t reason = 0; reason < kBadReasons; ++reason) {
    if (sealed_.bad[reason] == 0) continue;
    const std::string name(to_string(static_cast<BadReason>(reason)));
    checkpoint.totals.push_back({"bad_lines", name, "", sealed_.bad[reason]});
  }
}

/// Where an observer that was stopped has left a source.
SourcePlace Coverage::own_place(std::size_t observer, std::size_t source, const StopPlace& stop) {
  left_at_.resize(std::max(left_at_.size(), observer + 1));
  std::vector<SourcePlace>& left = left_at_[observer];
  if (left.empty()) {
    for (std::size_t i = 0; i <= std::max(stop.source, sources_.size() - 1); ++i) {
      left.push_back(sources_[i].booked ? booked(i).from[observer] : SourcePlace{});
      if (i < committed_.size() && committed_[i]) reach(left[i], *committed_[i]);
    }
    // What others catch up with it had seen.
    for (const Step& step : sealed_.steps) {
      if (step.seq <= stop.seq) reach(left[step.source], step.place);
    }
    left[stop.source] = {stop.offset, stop.lines, false};
  }
  return source < left.size() ? left[source] : booked(source).from[observer];
}

void Coverage::committed(const std::vector<std::int64_t>& rows) {
  committed_.resize(sources_.size());
  for (const Step& step : sealed_.steps) {
    committed_[step.source] = step.place;
    BookedSource& source = booked(step.source);
    if (!is_before(step.place, source.start)) source.committed = step.place;
  }
  for (std::size_t at = 0; at < rows.size(); ++at) {
    booked(sealed_.moved[at]).known.row = rows[at];
  }
}

}  // namespace mlmon
