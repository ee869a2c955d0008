#include "core/store/fresh_deliveries.h"

#include <catch2/catch.hpp>

using namespace mlmon;

namespace {

std::vector<std::int64_t> rows_due(const FreshDeliveries& fresh, std::uint32_t endpoint, std::size_t limit = 100) {
  std::vector<OutboxItem> items;
  fresh.due(endpoint, limit, items);
  std::vector<std::int64_t> rows;
  for (const OutboxItem& item : items) rows.push_back(item.row);
  return rows;
}

}  // namespace

TEST_CASE("fresh deliveries come oldest first, and stay until they are taken") {
  FreshDeliveries fresh;
  REQUIRE(fresh.add(7, 1, "a", "{}"));
  REQUIRE(fresh.add(8, 1, "a", "{}"));
  REQUIRE(fresh.add(7, 2, "b", "{}"));
  const std::vector<std::int64_t> rows = rows_due(fresh, 7);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] < 0);
  CHECK(rows_due(fresh, 7) == rows);
  CHECK(rows_due(fresh, 7, 1) == std::vector<std::int64_t>{rows[0]});
  CHECK(rows_due(fresh, 9).empty());

  const auto taken = fresh.take(rows[1]);
  REQUIRE(taken);
  CHECK(taken->action == 2);
  CHECK(taken->endpoint == 7);
  CHECK_FALSE(fresh.take(rows[1]));
  CHECK(rows_due(fresh, 7) == std::vector<std::int64_t>{rows[0]});
  CHECK(fresh.actions() == std::unordered_set<std::int64_t>{1});
}

TEST_CASE("of an endpoint that is too slow no more are taken until the outbox has none of it") {
  FreshDeliveries fresh;
  const std::string json(FreshDeliveries::kMostBytes / 4, 'x');
  for (std::int64_t action = 1; action <= 3; ++action) REQUIRE(fresh.add(7, action, "id", json));
  CHECK_FALSE(fresh.add(7, 4, "id", json));
  CHECK(fresh.overflows(7));
  CHECK_FALSE(fresh.overflows(8));
  for (const std::int64_t row : rows_due(fresh, 7)) REQUIRE(fresh.take(row));
  CHECK_FALSE(fresh.add(7, 5, "id", json));
  fresh.drained(7);
  CHECK(fresh.add(7, 6, "id", json));
}
