#include "core/observer/observer_queue.h"

#include <cassert>
#include <utility>

namespace mlmon {
namespace {

/// The view's share of its block's memory.
std::uint64_t bytes_of(const BatchView& view) {
  if (view.rows == 0) return 0;
  return view.batch->block.buffer.capacity() * view.rows / view.batch->rows();
}

}  // namespace

bool ObserverQueue::fits(const BatchView& view) {
  const std::lock_guard lock(mutex_);
  const bool room = view.rows <= capacity_ - events_ &&
                    (events_ == 0 || bytes_ + bytes_of(view) <= kMostBytes);
  if (!room) {
    full_ = true;
    filled_.notify_one();
  }
  return room;
}

void ObserverQueue::put(BatchView view) {
  bool enough = false;
  {
    const std::lock_guard lock(mutex_);
    assert(view.rows <= capacity_ - events_);
    events_ += view.rows;
    bytes_ += bytes_of(view);
    items_.push_back({QueueItem::Kind::kEvents, std::move(view)});
    enough = events_ >= capacity_ / 2 || bytes_ >= kMostBytes / 2;
  }
  if (enough) filled_.notify_one();
}

void ObserverQueue::flush() { filled_.notify_one(); }

void ObserverQueue::put_mark(QueueItem::Kind kind) {
  {
    const std::lock_guard lock(mutex_);
    items_.push_back({kind, {}});
  }
  filled_.notify_one();
}

QueueItem ObserverQueue::take() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return !items_.empty(); });
  QueueItem item = std::move(items_.front());
  items_.pop_front();
  taken_ = item.view.rows;
  taken_bytes_ = bytes_of(item.view);
  busy_ = true;
  return item;
}

bool ObserverQueue::done() {
  const std::lock_guard lock(mutex_);
  events_ -= std::exchange(taken_, 0);
  bytes_ -= std::exchange(taken_bytes_, 0);
  busy_ = false;
  const bool room = full_ && events_ <= capacity_ / 2 && bytes_ <= kMostBytes / 2;
  const bool idle = in_use_ && items_.empty();
  if (room) full_ = false;
  if (idle) in_use_ = false;
  return room || idle;
}

bool ObserverQueue::idle() const {
  const std::lock_guard lock(mutex_);
  const bool idle = items_.empty() && !busy_;
  if (!idle) in_use_ = true;
  return idle;
}

}  // namespace mlmon
