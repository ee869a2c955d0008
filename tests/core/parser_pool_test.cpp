#include "core/event/parser_pool.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

std::shared_ptr<Batch> block_of(std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) text += metrics(R"("f1":0.5)") + "\n";
  auto batch = std::make_shared<Batch>();
  batch->block.buffer.assign(text.begin(), text.end());
  batch->block.buffer.resize(text.size() + RawBlock::kPadding);
  batch->block.size = text.size();
  return batch;
}

std::shared_ptr<Batch> next(ParserPool& pool, BlockParser& parser) {
  for (;;) {
    if (auto batch = pool.take()) return batch;
    if (!pool.help(parser)) std::this_thread::yield();
  }
}

/// A table of models, and a parser for it.
struct Parsing {
  ModelTable models;
  BlockParser parser{EventRules{}, models, 1 << 20};

  std::function<std::unique_ptr<BlockParser>()> make = [this] {
    return std::make_unique<BlockParser>(EventRules{}, models, 1 << 20);
  };
};

}  // namespace

TEST_CASE("blocks come back parsed and in order, whichever is done first, whoever parses") {
  Parsing parsing;
  ParserPool pool(GENERATE(0u, 1u, 3u), parsing.make, [] {});
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < 8; ++i) pool.submit(block_of(i % 2 == 0 ? 300 : i));
    CHECK(pool.in_flight() == 8);
    for (std::size_t i = 0; i < 8; ++i) CHECK(next(pool, parsing.parser)->rows() == (i % 2 == 0 ? 300 : i));
    CHECK(pool.in_flight() == 0);
  }
  CHECK(pool.take() == nullptr);
  CHECK_FALSE(pool.help(parsing.parser));
}

TEST_CASE("after a wake the block that is done can be taken without a wait") {
  Parsing parsing;
  std::atomic<bool> woken{false};
  ParserPool pool(1, parsing.make, [&] { woken.store(true); });
  pool.submit(block_of(10));
  while (!woken.load()) std::this_thread::yield();
  const auto batch = pool.take();
  REQUIRE(batch != nullptr);
  CHECK(batch->rows() == 10);
}

TEST_CASE("a block that nobody has parsed cannot be taken") {
  Parsing parsing;
  ParserPool pool(0, parsing.make, [] {});
  pool.submit(block_of(10));
  CHECK(pool.take() == nullptr);
  CHECK(pool.help(parsing.parser));
  CHECK(pool.take() != nullptr);
}

TEST_CASE("what is discarded never comes, and what comes later does") {
  Parsing parsing;
  ParserPool pool(2, parsing.make, [] {});
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5; ++i) pool.submit(block_of(100));
    pool.discard();
    CHECK(pool.in_flight() == 0);
    pool.submit(block_of(7));
    CHECK(next(pool, parsing.parser)->rows() == 7);
  }
}

TEST_CASE("a pool ends with blocks that nobody took") {
  Parsing parsing;
  for (int round = 0; round < 20; ++round) {
    ParserPool pool(2, parsing.make, [] {});
    for (int i = 0; i < 5; ++i) pool.submit(block_of(100));
  }
}
