#include "core/observer/observer_queue.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace mlmon;

namespace {

std::shared_ptr<const Batch> batch_of(std::uint32_t rows, std::size_t bytes = 100) {
  auto batch = std::make_shared<Batch>();
  batch->time_ns.resize(rows);
  batch->block.buffer.resize(bytes);
  return batch;
}

BatchView view_of(std::uint32_t rows) { return {batch_of(rows), 0, rows, 0}; }

}  // namespace

TEST_CASE("a queue holds so many events and no more, those at work included") {
  ObserverQueue queue(4);
  CHECK(queue.idle());
  CHECK(queue.fits(view_of(4)));
  CHECK_FALSE(queue.fits(view_of(5)));
  queue.put(view_of(3));
  CHECK(queue.fits(view_of(1)));
  CHECK_FALSE(queue.fits(view_of(2)));
  CHECK(queue.take().view.rows == 3);
  CHECK_FALSE(queue.fits(view_of(2)));
  CHECK_FALSE(queue.idle());
  queue.done();
  CHECK(queue.fits(view_of(4)));
  CHECK(queue.idle());
}

TEST_CASE("a queue holds so many bytes of blocks and no more, but any single view") {
  ObserverQueue queue(1000);
  const BatchView large = {batch_of(1, 2 * ObserverQueue::kMostBytes), 0, 1, 0};
  CHECK(queue.fits(large));
  queue.put(large);
  CHECK_FALSE(queue.fits(large));
  queue.take();
  CHECK_FALSE(queue.fits(large));
  queue.done();
  CHECK(queue.fits(large));

  // A view stands for its share of the block.
  const auto block = batch_of(100, ObserverQueue::kMostBytes);
  for (std::uint32_t first = 0; first < 100; first += 20) queue.put({block, first, 20, 0});
  CHECK_FALSE(queue.fits({block, 0, 20, 0}));
  for (int i = 0; i < 5; ++i) {
    queue.take();
    queue.done();
  }
  CHECK(queue.idle());
  CHECK(queue.fits(large));
}

TEST_CASE("marks always fit, and come behind what they cover") {
  ObserverQueue queue(1);
  queue.put(view_of(1));
  queue.put_mark(QueueItem::Kind::kBarrier);
  queue.put_mark(QueueItem::Kind::kEnd);
  CHECK(queue.take().kind == QueueItem::Kind::kEvents);
  queue.done();
  CHECK_FALSE(queue.idle());
  CHECK(queue.take().kind == QueueItem::Kind::kBarrier);
  CHECK_FALSE(queue.idle());
  queue.done();
  CHECK(queue.take().kind == QueueItem::Kind::kEnd);
  queue.done();
  CHECK(queue.idle());
}

TEST_CASE("what one thread puts in another takes out, in order") {
  ObserverQueue queue(8);
  std::uint64_t sum = 0;
  std::thread taker([&] {
    for (std::uint64_t expected = 0;; ++expected) {
      const QueueItem item = queue.take();
      if (item.kind == QueueItem::Kind::kEnd) break;
      if (item.view.dropped_before != expected) break;
      sum += item.view.rows;
      queue.done();
    }
  });
  const auto batch = batch_of(3);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const BatchView view = {batch, 0, 3, i};
    while (!queue.fits(view)) std::this_thread::yield();
    queue.put(view);
  }
  queue.put_mark(QueueItem::Kind::kEnd);
  taker.join();
  CHECK(sum == 30'000);
}
