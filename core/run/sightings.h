#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "core/event/batch.h"
#include "core/event/projection.h"
#include "core/store/checkpoint.h"

namespace mlmon {

/// What the events said of each model: counts, the newest event, the newest of each figure. Of figures in
/// `metrics` those that an observer reads. Belongs to the pipeline's thread.
class Sightings {
 public:
  /// `projections`: those of the batches.
  explicit Sightings(const std::vector<Projection>& projections) { use(projections); }

  /// Batches have more projections from here on, behind those that they had.
  void use(const std::vector<Projection>& projections);

  /// The rows [first, end) were handed out.
  void add(const Batch& batch, std::uint32_t first, std::uint32_t end);

  /// What was added since take() was never there; what was known of models is forgotten with it.
  void drop() { known_.clear(), touched_.clear(); }

  /// Something was added since take().
  bool any() const { return !touched_.empty(); }

  /// The models with news since the last call, each with all that is known of it from this run.
  std::vector<Sighting> take();

 private:
  struct Extra {
    std::size_t column;  // of the projections
    std::string name;    // of the figure
  };
  struct Known {
    Sighting now;
    bool touched = false;
  };

  void add_row(const Batch& batch, std::uint32_t row, Known& known);

  std::vector<Extra> extras_;
  std::deque<Known> known_;  // by handle; a list that grows without a copy, since each is large
  std::vector<std::uint32_t> touched_;
};

}  // namespace mlmon
