#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "core/event/batch.h"

namespace mlmon {

/// A run of rows of a batch, on its way to one observer.
struct BatchView {
  std::shared_ptr<const Batch> batch;
  std::uint32_t first = 0;
  std::uint32_t rows = 0;
  std::uint64_t dropped_before = 0;  // events that found no room since the view before
};

/// What stands in an observer's queue: events, or a mark behind the events that it covers.
struct QueueItem {
  enum class Kind { kEvents, kBarrier, kEnd };
  Kind kind = Kind::kEvents;
  BatchView view;
};

/// The bounded queue of one observer: the pipeline's thread puts in, the observer's thread takes out.
class ObserverQueue {
 public:
  /// Bytes of blocks that a queue keeps in memory, about: events may be as long as a line may be.
  static constexpr std::uint64_t kMostBytes = 8 * 1024 * 1024;

  /// `capacity` in events.
  explicit ObserverQueue(std::uint32_t capacity) : capacity_(capacity) {}

  /// There is room for the view now. An empty queue has room for any view of at most `capacity` rows. If
  /// there is none, the observer is woken.
  bool fits(const BatchView& view);

  /// Wakes the observer once the queue is half full, in events or in bytes. REQUIRES: fits(view).
  void put(BatchView view);

  /// Marks always fit, and wake the observer.
  void put_mark(QueueItem::Kind kind);

  /// Wakes the observer if there is anything for it to do. Whoever puts in calls it before it sleeps.
  void flush();

  /// Waits for the next item. What an observer works on counts as queued until it calls done().
  QueueItem take();

  /// True: since fits() or idle() said no, what they said has changed. (For room: half of it is free, so
  /// that who waits for it is not woken for each view.)
  [[nodiscard]] bool done();

  /// Nothing is queued and nothing is being worked on.
  bool idle() const;

 private:
  const std::uint32_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<QueueItem> items_;
  std::uint32_t events_ = 0;       // queued or being worked on
  std::uint64_t bytes_ = 0;        // of these
  std::uint32_t taken_ = 0;        // events being worked on
  std::uint64_t taken_bytes_ = 0;  // of these
  bool busy_ = false;              // between take() and done()
  bool full_ = false;              // fits() said so
  mutable bool in_use_ = false;    // idle() said so
};

}  // namespace mlmon
