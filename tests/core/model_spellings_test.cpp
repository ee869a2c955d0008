#include "core/event/model_spellings.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace mlmon;

namespace {

std::string spelling(std::uint32_t model) { return "{\"name\":\"" + std::to_string(model) + "\"}"; }

/// 0: it is not known.
std::uint32_t found_in(const ModelSpellings& spellings, const std::string& bytes) {
  const auto known = spellings.find(bytes);
  if (!known) return 0;
  return known.bytes() == bytes ? known.model() : UINT32_MAX;
}

}  // namespace

TEST_CASE("a spelling is known by all of its bytes") {
  ModelSpellings spellings;
  CHECK(found_in(spellings, "{}") == 0);
  spellings.add("{\"name\":\"a\"}", 7);
  CHECK(found_in(spellings, "{\"name\":\"a\"}") == 7);
  CHECK(found_in(spellings, "{\"name\":\"b\"}") == 0);
  CHECK(found_in(spellings, "{\"name\":\"a\"") == 0);
  CHECK(found_in(spellings, "{\"name\":\"a\"} ") == 0);
}

TEST_CASE("two ways of writing one model have its handle") {
  ModelSpellings spellings;
  spellings.add("{\"a\":1}", 3);
  spellings.add("{ \"a\":1}", 3);
  spellings.add("{\"a\":1}", 3);
  CHECK(found_in(spellings, "{\"a\":1}") == 3);
  CHECK(found_in(spellings, "{ \"a\":1}") == 3);
}

TEST_CASE("a fleet of any size is remembered") {
  ModelSpellings spellings;
  constexpr std::uint32_t kModels = 100'000;
  for (std::uint32_t model = 1; model <= kModels; ++model) spellings.add(spelling(model), model);
  std::uint32_t known = 0;
  for (std::uint32_t model = 1; model <= kModels; ++model) {
    known += found_in(spellings, spelling(model)) == model ? 1 : 0;
  }
  CHECK(known == kModels);
}

TEST_CASE("one model written in ever new ways takes no more than some room") {
  ModelSpellings spellings;
  std::uint32_t known = 0;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    spellings.add(spelling(i), 1);
    known += found_in(spellings, spelling(i)) != 0 ? 1 : 0;
  }
  CHECK(known > 1000);
  CHECK(known < 10'000);
  const std::string large = "{\"pad\":\"" + std::string(1000, 'x') + "\"}";
  spellings.add(large, 50'000);
  CHECK(found_in(spellings, large) == 0);
}

TEST_CASE("threads find what others add, and nothing wrong") {
  ModelSpellings spellings;
  constexpr std::uint32_t kModels = 20'000;
  std::vector<std::thread> threads;
  std::atomic<std::uint32_t> wrong{0};
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < kModels; ++i) {
        const std::uint32_t model = 1 + (i * (2 * t + 1)) % kModels;
        const std::uint32_t found = found_in(spellings, spelling(model));
        if (found != 0 && found != model) ++wrong;
        if (found == 0) spellings.add(spelling(model), model);
        if (found_in(spellings, spelling(model)) != model) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
