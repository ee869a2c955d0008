#include "core/run/coverage.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/run/job_feedback.h"

namespace mlmon {

Coverage::Coverage(const std::vector<std::shared_ptr<BookedSource>>& sources,
                   const std::vector<Projection>& projections, bool from_start)
    : sources_(sources), from_start_(from_start), sightings_(projections) {}

void Coverage::add(const Piece& piece) {
  const Batch& batch = *piece.batch;
  if (batch.host_made) return;
  if (batch.counted()) {
    std::vector<JobEnd> ends = JobFeedback::reported(batch, piece.first, piece.end);
    std::move(ends.begin(), ends.end(), std::back_inserter(open_.reported));
    count(piece);
  }
  for (std::uint32_t row = piece.first; from_start_ && row < piece.end; ++row) {
    const std::uint32_t model = batch.model[row];
    if (model >= seen_.size()) seen_.resize(model + 1 + model / 2);
    if (!seen_[model]) open_.begun_anew.push_back(model);
    seen_[model] = true;
  }
  if (!piece.source || !piece.last) return;
  if (batch.catch_up) {
    piece.source->moved = true;
    return;
  }
  SourceBook::advance(*piece.source, batch.end, batch.block.offset + batch.block.skipped,
                      batch.text_read());
  open_.steps.push_back({batch.source_index, batch.first_seq + batch.rows(), batch.end});
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

void Coverage::add_journal(std::vector<JournalEntry> entries, std::size_t source) {
  for (JournalEntry& entry : entries) {
    if (source < sources_.size() && sources_[source]) {
      entry.source = source;
      entry.offset = sources_[source]->known.place.offset;
    }
    open_.journal.push_back(std::move(entry));
  }
}

bool Coverage::any() const {
  return !open_.journal.empty() || !open_.reported.empty() || !open_.begun_anew.empty() ||
         sightings_.any() || open_.events > 0 || open_.any_bad ||
         std::any_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source && source->moved; });
}

void Coverage::seal() {
  sealed_ = std::exchange(open_, {});
  sealed_.sightings = sightings_.take();
  for (std::size_t index = 0; index < sources_.size(); ++index) {
    BookedSource* source = sources_[index].get();
    const bool in_journal =
        std::any_of(sealed_.journal.begin(), sealed_.journal.end(),
                    [&](const JournalEntry& entry) { return entry.source == index; });
    if (source == nullptr || !(source->moved || in_journal)) continue;
    source->moved = false;
    sealed_.indices.push_back(index);
    sealed_.sources.push_back(source->known);
  }
}

void Coverage::put_into(Checkpoint& checkpoint, const std::vector<PipelineObserver>& observers,
                        const std::vector<std::optional<StopPlace>>& stopped_at) {
  for (std::size_t at = 0; at < sealed_.sources.size(); ++at) {
    const std::size_t index = sealed_.indices[at];
    KnownSource& known = sealed_.sources[at];
    known.row = sources_[index]->known.row;
    for (std::size_t i = 0; i < observers.size(); ++i) {
      known.own.erase(observers[i].name);
      if (!observers[i].host) {
        known.own[observers[i].name] = sources_[index]->from[i];
      } else if (stopped_at[i]) {
        known.own[observers[i].name] = own_place(i, index, *stopped_at[i]);
      }
    }
    checkpoint.sources.push_back(&known);
  }
  // In the checkpoint an entry names its source by the place there.
  for (JournalEntry& entry : sealed_.journal) {
    const auto found = std::find(sealed_.indices.begin(), sealed_.indices.end(), entry.source);
    if (found == sealed_.indices.end()) continue;
    entry.source = static_cast<std::size_t>(found - sealed_.indices.begin());
  }
  checkpoint.journal = std::move(sealed_.journal);
  checkpoint.reported = std::move(sealed_.reported);
  checkpoint.begun_anew = std::move(sealed_.begun_anew);
  checkpoint.sightings = std::move(sealed_.sightings);
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
      const bool begun = i < committed_.size() && committed_[i];
      const SourcePlace untouched = !sources_[i]         ? SourcePlace{}
                                    : i < stop.source ? sources_[i]->start
                                                      : sources_[i]->from[observer];
      left.push_back(begun ? *committed_[i] : untouched);
    }
    for (const Step& step : sealed_.steps) {
      if (step.seq <= stop.seq) left[step.source] = step.place;
    }
    left[stop.source] = {stop.offset, stop.lines, false};
  }
  return source < left.size() ? left[source] : sources_[source]->from[observer];
}

void Coverage::committed() {
  committed_.resize(sources_.size());
  for (const Step& step : sealed_.steps) committed_[step.source] = step.place;
  for (std::size_t at = 0; at < sealed_.sources.size(); ++at) {
    sources_[sealed_.indices[at]]->known.row = sealed_.sources[at].row;
  }
}

}  // namespace mlmon
