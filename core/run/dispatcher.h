#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/event/batch.h"
#include "core/run/pipeline_observer.h"
#include "core/run/source_book.h"

namespace mlmon {

/// Rows of a batch on their way to all observers.
struct Piece {
  std::shared_ptr<const Batch> batch;
  std::uint32_t first = 0, end = 0;        // rows
  bool last = true;                        // no further piece of its batch comes
  std::shared_ptr<BookedSource> source;    // null: none that is kept
};

/// Hands pieces out to the observers, one piece after the other: a full queue holds up only the next
/// piece, and the other observers not before that. An observer that stands behind or before a piece gets
/// only what it has not seen. Belongs to the pipeline's thread.
class Dispatcher {
 public:
  explicit Dispatcher(std::vector<PipelineObserver>& observers);

  void add(Piece piece);
  bool empty() const { return pieces_.empty(); }

  /// Offers what can be offered now; false: nothing was taken.
  bool step();

  /// The piece that was handed out last, once.
  std::optional<Piece> take_done();

  /// After a failure: what was counted but not handed out has been dropped.
  void give_up();

 private:
  void begin_piece();

  std::vector<PipelineObserver>& observers_;
  std::deque<Piece> pieces_;
  std::vector<std::uint32_t> next_row_;  // of the front piece's batch, by observer
  std::optional<Piece> done_;
};

}  // namespace mlmon
