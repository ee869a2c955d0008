#include "core/run/coverage.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/core/run_fixture.h"

using namespace mlmon;

namespace {

std::vector<Source> booked(std::size_t count) {
  std::vector<Source> sources(count);
  for (Source& source : sources) source.booked = std::make_shared<BookedSource>();
  return sources;
}

/// A piece that ends a batch of a source.
Piece piece_of(std::size_t source_index, const std::shared_ptr<BookedSource>& source) {
  auto batch = std::make_shared<Batch>();
  batch->source_index = source_index;
  batch->end = {100, 1, false};
  batch->block.buffer.resize(100 + RawBlock::kPadding);
  batch->block.size = 100;
  return {batch, 0, 0, true, source};
}

}  // namespace

TEST_CASE("what sources did not move costs no step anything, however many were opened") {
  constexpr std::size_t kOpened = 200'000, kSteps = 20'000;
  const std::vector<Source> sources = booked(kOpened);
  Coverage coverage(sources, {}, false);
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t step = 0; step < kSteps; ++step) {
    CHECK_FALSE(coverage.any());
    coverage.add(piece_of(kOpened - 1 - step, sources[kOpened - 1 - step].booked));
    CHECK(coverage.any());
    coverage.seal();
    Checkpoint checkpoint;
    coverage.put_into(checkpoint, {}, {});
    REQUIRE(checkpoint.sources.size() == 1);
    coverage.committed({1});
  }
  // Looking at all of them takes a minute.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("a source that moves again while its barrier travels is in the next checkpoint, too") {
  const std::vector<Source> sources = booked(1);
  Coverage coverage(sources, {}, false);
  coverage.add(piece_of(0, sources[0].booked));
  coverage.seal();
  coverage.add(piece_of(0, sources[0].booked));
  Checkpoint first;
  coverage.put_into(first, {}, {});
  coverage.committed({7});
  CHECK(coverage.any());
  coverage.seal();
  Checkpoint second;
  coverage.put_into(second, {}, {});
  REQUIRE(second.sources.size() == 1);
  CHECK(second.sources[0].row == 7);
}

TEST_CASE("what was told notes how far the sources had been read that moved before it, not after") {
  const std::vector<Source> sources = booked(3);
  Coverage coverage(sources, {}, false);
  coverage.add(piece_of(2, sources[2].booked));
  Piece told = piece_of(0, nullptr);
  const auto host_made = std::make_shared<Batch>();
  host_made->host_made = true;
  told.batch = host_made;
  told.told = {{0, "A", 1, "{}"}};
  coverage.add(std::move(told));
  coverage.add(piece_of(1, sources[1].booked));
  coverage.seal();
  Checkpoint checkpoint;
  coverage.put_into(checkpoint, {}, {});
  REQUIRE(checkpoint.sources.size() == 2);
  REQUIRE(checkpoint.told.size() == 1);
  CHECK(checkpoint.told[0].entries.size() == 1);
  CHECK(checkpoint.told[0].places == std::vector<std::pair<std::size_t, std::uint64_t>>{{1, 100}});
}
