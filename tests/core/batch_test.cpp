#include "core/event/batch.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace mlmon;

namespace {

/// Rows on lines 1, 2, 4 and 6 of seven, of which 3 and 5 are bad and 7 is empty.
Batch mixed() {
  Batch batch;
  Event event;
  event.kind = kMetrics;
  for (const std::uint64_t line : {1u, 2u, 4u, 6u}) {
    event.f1 = static_cast<double>(line) / 10;
    batch.append(event, 7, static_cast<std::uint32_t>(line * 100), 99, line, line * 1000);
  }
  batch.bad = {{3, 300, 10, BadReason::kInvalidJson}, {5, 500, 10, BadReason::kWrongType}};
  batch.lines = 7;
  batch.empty = 1;
  return batch;
}

}  // namespace

TEST_CASE("a row stands in every column") {
  const Batch batch = mixed();
  CHECK(batch.rows() == 4);
  for (const std::size_t length :
       {batch.model.size(), batch.kind.size(), batch.accuracy.size(), batch.precision.size(),
        batch.recall.size(), batch.f1.size(), batch.p_value.size(), batch.magnitude.size(),
        batch.samples.size(), batch.line.size(), batch.offset.size(), batch.raw_off.size(),
        batch.raw_len.size()}) {
    CHECK(length == 4);
  }
  CHECK(batch.f1[2] == 0.4);
  CHECK(batch.accuracy[2] != batch.accuracy[2]);  // NaN: absent
  CHECK(batch.samples[2] == -1);
}

TEST_CASE("placing a batch counts lines and events on") {
  Batch batch = mixed();
  batch.place(1000, 50);
  CHECK(batch.line == std::vector<std::uint64_t>{1001, 1002, 1004, 1006});
  CHECK(batch.bad[1].line == 1005);
  CHECK(batch.seq_of(2) - batch.seq_of(0) == 2 * Batch::kSeqStep);
  CHECK(batch.seq_of(0) == 51 * Batch::kSeqStep);
  CHECK(batch.offset[0] == 1000);
}

TEST_CASE("cut at its first bad line, a batch has that line and what stands before it") {
  Batch batch = mixed();
  batch.cut_at_first_bad();
  CHECK(batch.rows() == 2);
  CHECK(batch.bad.size() == 1);
  CHECK(batch.lines == batch.rows() + batch.bad.size() + batch.empty);
  CHECK(batch.empty == 0);
  CHECK(batch.raw_len.size() == 2);

  Batch good = mixed();
  good.bad.clear();
  good.cut_at_first_bad();
  CHECK(good.rows() == 4);
}

TEST_CASE("a batch whose first line is bad has nothing before it") {
  Batch batch = mixed();
  batch.bad.insert(batch.bad.begin(), {1, 0, 5, BadReason::kInvalidUtf8});
  batch.line = {2, 4, 6, 7};
  batch.cut_at_first_bad();
  CHECK(batch.rows() == 0);
  CHECK(batch.lines == 1);
  CHECK(batch.empty == 0);
}

TEST_CASE("a pool gives batches again, as if they were new") {
  BatchPool pool;
  Batch* first = nullptr;
  {
    const std::shared_ptr<Batch> batch = pool.take();
    first = batch.get();
    *batch = mixed();
    batch->source = std::make_shared<const std::string>("a");
    batch->first_seq = 9;
  }
  const std::shared_ptr<Batch> again = pool.take();
  CHECK(again.get() == first);
  CHECK(again->rows() == 0);
  CHECK(again->bad.empty());
  CHECK(again->lines == 0);
  CHECK(again->source == nullptr);
  CHECK(again->first_seq == 0);
  CHECK(pool.take().get() != first);
}

TEST_CASE("batches come back from any thread, also after the pool is gone") {
  auto pool = std::make_unique<BatchPool>();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([batch = pool->take()]() mutable { batch.reset(); });
  }
  pool.reset();
  for (std::thread& thread : threads) thread.join();
}
