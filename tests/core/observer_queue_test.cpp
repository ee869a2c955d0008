#include "core/observer/observer_queue.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
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
  static_cast<void>(queue.done());
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
  static_cast<void>(queue.done());
  CHECK(queue.fits(large));

  // A view stands for its share of the block.
  const auto block = batch_of(100, ObserverQueue::kMostBytes);
  for (std::uint32_t first = 0; first < 100; first += 20) queue.put({block, first, 20, 0});
  CHECK_FALSE(queue.fits({block, 0, 20, 0}));
  for (int i = 0; i < 5; ++i) {
    queue.take();
    static_cast<void>(queue.done());
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
  static_cast<void>(queue.done());
  CHECK_FALSE(queue.idle());
  CHECK(queue.take().kind == QueueItem::Kind::kBarrier);
  CHECK_FALSE(queue.idle());
  static_cast<void>(queue.done());
  CHECK(queue.take().kind == QueueItem::Kind::kEnd);
  static_cast<void>(queue.done());
  CHECK(queue.idle());
}

TEST_CASE("whoever found no room is told once half of it is free, and nobody else") {
  ObserverQueue queue(8);
  for (int i = 0; i < 4; ++i) queue.put(view_of(2));
  queue.take();
  CHECK_FALSE(queue.done());  // nobody had asked
  queue.put(view_of(2));
  CHECK_FALSE(queue.fits(view_of(1)));
  queue.take();
  CHECK_FALSE(queue.done());
  queue.take();
  CHECK(queue.done());
  queue.take();
  CHECK_FALSE(queue.done());  // it was told
  queue.take();
  CHECK_FALSE(queue.done());
}

TEST_CASE("whoever found no room for a long block is told once it is gone") {
  ObserverQueue queue(1000);
  const BatchView large = {batch_of(1, 2 * ObserverQueue::kMostBytes), 0, 1, 0};
  queue.put(large);
  CHECK_FALSE(queue.fits(large));
  queue.take();
  CHECK(queue.done());
}

TEST_CASE("whoever found it in use is told once it is idle") {
  ObserverQueue queue(8);
  queue.put(view_of(2));
  queue.put_mark(QueueItem::Kind::kBarrier);
  CHECK_FALSE(queue.idle());
  queue.take();
  CHECK_FALSE(queue.done());
  queue.take();
  CHECK(queue.done());
  queue.put(view_of(2));
  queue.take();
  CHECK_FALSE(queue.done());  // nobody had asked
}

TEST_CASE("a queue that is half full wakes the observer, in events and in bytes, and one that is full") {
  constexpr int kRounds = 300;  // in most of them the taker waits already
  ObserverQueue queue(1000);
  std::atomic<int> taken{0};
  std::thread taker([&] {
    while (taken.load() < kRounds) {
      queue.take();
      static_cast<void>(queue.done());
      ++taken;
    }
  });
  const auto block = batch_of(3, 6 * (ObserverQueue::kMostBytes / 8));
  const auto long_block = batch_of(1, ObserverQueue::kMostBytes);
  bool late = false;
  for (int round = 0; round < kRounds && !late; ++round) {
    if (round % 3 == 0) queue.put(view_of(500));
    if (round % 3 == 1) queue.put({block, 0, 2, 0});
    if (round % 3 == 2) {
      queue.put({block, 0, 1, 0});
      static_cast<void>(queue.fits({long_block, 0, 1, 0}));
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (taken.load() <= round && !late) {
      std::this_thread::yield();
      late = std::chrono::steady_clock::now() > until;
    }
  }
  CHECK_FALSE(late);
  for (; late && taken.load() < kRounds; std::this_thread::yield()) {
    if (queue.fits(view_of(1))) queue.put(view_of(1));
    queue.flush();
  }
  taker.join();
}

TEST_CASE("a view that is not worth a wake is taken after a flush") {
  ObserverQueue queue(1000);
  std::thread taker([&] {
    CHECK(queue.take().view.rows == 1);
    static_cast<void>(queue.done());
  });
  queue.put(view_of(1));
  while (!queue.idle()) queue.flush();
  taker.join();
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
      static_cast<void>(queue.done());
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
