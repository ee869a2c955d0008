#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/event/batch.h"
#include "core/run/host_events.h"
#include "core/run/pipeline_observer.h"
#include "core/run/source_book.h"
#include "core/store/checkpoint.h"

namespace mlmon {

/// Rows of a batch on their way to all observers.
struct Piece {
  std::shared_ptr<const Batch> batch;
  std::uint32_t first = 0, end = 0;        // rows
  bool last = true;                        // no further piece of its batch comes
  std::shared_ptr<BookedSource> source;    // null: none that is kept
  std::vector<JournalEntry> told = {};     // what the journal is to have of it
};

/// Hands pieces out to the observers, one piece after the other: a full queue holds up only the next
/// piece, and the other observers not before that. An observer that stands behind or before a piece gets
/// only what it has not seen. One that waits for events of others gets the piece once these are done with
/// it, cut where such events come in. Belongs to the pipeline's thread.
class Dispatcher {
 public:
  /// `models` and `rules` are for derived events; `observers` and `models` outlive it.
  Dispatcher(std::vector<PipelineObserver>& observers, ModelTable& models, const EventRules& rules);

  /// Other observers stand in the list, or other rules hold. REQUIRES: empty().
  void begin_again(const EventRules& rules);

  void add(Piece piece);
  bool empty() const { return pieces_.empty(); }

  /// Offers what can be offered now; false: nothing was taken.
  bool step();

  /// The piece that was handed out last, once.
  std::optional<Piece> take_done();

  /// What was added and not taken back by take_done() was never there.
  void drop();

  /// After a failure: what was counted but not handed out has been dropped.
  void give_up();

 private:
  /// Rows that one observer is to be offered.
  struct Part {
    std::shared_ptr<const Batch> batch;
    std::uint32_t first = 0, end = 0;
  };
  /// What one observer has still to get of the piece in front.
  struct Rest {
    std::uint32_t from = 0;            // its first row
    bool planned = false;              // the parts are these
    std::deque<Part> parts;
    bool taken = false;                // what it emitted ...
    std::vector<DerivedEvent> emitted;  // ... at this piece
    bool done() const { return planned && parts.empty(); }
  };

  void begin_piece();
  bool ready(std::size_t i);
  void plan(std::size_t i);
  bool offer(std::size_t i);
  std::shared_ptr<const Batch> batch_of(const std::vector<const DerivedEvent*>& events);

  std::vector<PipelineObserver>& observers_;
  ModelTable& models_;
  std::optional<HostEvents> events_;
  std::deque<Piece> pieces_;
  std::vector<Rest> rest_;  // by observer
  std::optional<Piece> done_;
};

}  // namespace mlmon
