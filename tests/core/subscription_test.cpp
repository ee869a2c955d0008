#include "core/observer/subscription.h"

#include <catch2/catch.hpp>

using namespace mlmon;

namespace {

/// Models a, b, c and kinds metrics, drift, job by turns.
struct Fixture {
  Fixture() {
    for (const char* name : {"a", "b", "c"}) models.intern(name, "1.0.0", {});
    for (std::uint32_t row = 0; row < 12; ++row) {
      batch.time_ns.push_back(0);
      batch.model.push_back(1 + row % 3);
      batch.kind.push_back(1 + row / 4);
    }
  }
  std::vector<std::uint32_t> selected(Subscription subscription, std::uint32_t first = 0,
                                      std::uint32_t rows = 12) {
    std::vector<std::uint32_t> result = {99};
    subscription.select(batch, first, rows, result);
    CHECK(subscription.count(batch, first, rows) == result.size());
    return result;
  }
  ModelTable models;
  Batch batch;
};

using Rows = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("everything is subscribed to without globs and kinds that say otherwise") {
  Fixture f;
  const Subscription all(GlobList({"*"}), {}, f.models);
  CHECK(all.everything());
  CHECK(f.selected(all).size() == 12);
  CHECK_FALSE(Subscription(GlobList({"*"}), {kDrift}, f.models).everything());
  CHECK_FALSE(Subscription(GlobList({"*", "!a"}), {}, f.models).everything());
}

TEST_CASE("rows are selected by model and kind, counted from the first") {
  Fixture f;
  CHECK(f.selected({GlobList({"a"}), {}, f.models}) == Rows{0, 3, 6, 9});
  CHECK(f.selected({GlobList({"!a"}), {kMetrics}, f.models}) == Rows{1, 2});
  CHECK(f.selected({GlobList({"*"}), {kDrift, kJob}, f.models}, 2, 4) == Rows{2, 3});
  CHECK(f.selected({GlobList({"a"}), {}, f.models}, 1, 3) == Rows{2});
  CHECK(f.selected({GlobList({"none"}), {}, f.models}).empty());
  CHECK(f.selected({GlobList(std::vector<std::string>{}), {}, f.models}).empty());
  CHECK(f.selected({GlobList({"*"}), {kFirstForeignKind}, f.models}).empty());
}

TEST_CASE("models that come later are matched, too") {
  Fixture f;
  Subscription subscription(GlobList({"m9*"}), {}, f.models);
  CHECK(subscription.count(f.batch, 0, 12) == 0);
  for (int i = 0; i < 1000; ++i) f.models.intern("m" + std::to_string(i), "1.0.0", {});
  f.batch.model[3] = f.models.intern("m999", "1.0.0", {});
  f.batch.model[4] = f.models.intern("m899", "1.0.0", {});
  CHECK(subscription.count(f.batch, 0, 12) == 1);
}
