#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/observer/observer_host.h"
#include "core/run/dispatcher.h"
#include "core/run/sightings.h"
#include "core/run/source.h"
#include "core/run/succession.h"
#include "core/store/checkpoint.h"

namespace mlmon {

/// What was handed out to the observers since the last checkpoint, and what of it the barrier that is on
/// its way covers: what comes behind the barrier meanwhile must not count yet. Belongs to the pipeline's
/// thread.
class Coverage {
 public:
  /// `sources`: by index, those of the intake; `projections`: those of its batches. `from_start`: models begin
  /// anew where they are first met.
  Coverage(const std::vector<Source>& sources, const std::vector<Projection>& projections,
           bool from_start);

  /// Other observers have taken over, and batches may have more projections. `before`: those until now. REQUIRES:
  /// nothing is sealed that is not committed.
  void succeed(const Succession& succession, const std::vector<PipelineObserver>& before,
               const std::vector<Projection>& projections);

  /// A piece was handed out.
  void add(Piece piece);

  /// The same where only counts are kept: nothing outlives the run.
  void count(const Piece& piece);

  /// What was added since the last checkpoint was never there.
  void drop();

  /// Another run may have read the source since this one did.
  void begin_anew(std::size_t source);

  /// Something was handed out that no barrier covers.
  bool any() const;

  /// A barrier is sent: it covers all that was added.
  void seal();

  /// Puts what the barrier covered into the checkpoint, which must not outlive this. An observer that was
  /// stopped by then, or never started, has a place of its own.
  void put_into(Checkpoint& checkpoint, const std::vector<PipelineObserver>& observers,
                const std::vector<std::optional<StopPlace>>& stopped_at);

  /// That checkpoint is durable; `rows`: of its sources, in the store.
  void committed(const std::vector<std::int64_t>& rows);

 private:
  /// Of the input: how far a source was read with the events before `seq`.
  struct Step {
    std::size_t source;
    std::uint64_t seq;
    SourcePlace place;
  };

  struct Part {
    std::vector<Step> steps;
    std::vector<std::size_t> moved;    // sources
    std::vector<KnownSource> sources;  // once sealed: how far these were
    std::vector<Told> told;            // their places by index of source
    std::vector<ReportedEnd> reported;
    std::vector<std::uint32_t> begun_anew;
    std::vector<Sighting> sightings;
    std::vector<ModelHome> homes;  // until they are in a checkpoint, by source
    std::uint64_t events = 0;
    std::array<std::uint64_t, kBadReasons> bad{};
    bool any_bad = false;
  };

  void note_moved(std::size_t source);
  void note_homes(const Piece& piece);
  void add_told(std::vector<JournalEntry> entries);
  std::size_t at_in_moved(std::size_t source) const;
  SourcePlace own_place(std::size_t observer, std::size_t source, const StopPlace& stop);

  BookedSource& booked(std::size_t source) const { return *sources_[source].booked; }

  const std::vector<Source>& sources_;
  const bool from_start_;
  std::vector<bool> seen_;       // models, with from_start
  std::vector<bool> has_moved_;  // sources, of the open part
  std::vector<bool> at_home_;    // models, of a log
  Part open_;
  Sightings sightings_;          // of the open part
  Part sealed_;
  std::vector<std::optional<SourcePlace>> committed_;  // by source: how far it was, if it moved
  std::vector<std::vector<SourcePlace>> left_at_;      // by observer that was stopped, by source
};

}  // namespace mlmon
