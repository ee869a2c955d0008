#include "core/store/partition_claims.h"

#include <catch2/catch.hpp>

#include "core/store/sql_store.h"
#include "tests/core/test_state.h"

// Of runs that share a state, which only PostgreSQL can hold.

using namespace mlmon;

namespace {

using Ids = std::vector<std::string>;

struct Run {
  Run(const std::string& where, std::int64_t number) {
    PostgresOptions options;
    options.shared_as = number;
    auto opened = open_postgres_store(where, std::move(options));
    REQUIRE(opened.ok());
    store = std::move(*opened);
    endpoint = *store->endpoint_number("alert.ops");
  }

  /// The partition's row; lines that it has to write.
  std::int64_t claim(const std::string& name, std::uint64_t begin = 0) {
    KnownSource wanted;
    wanted.path = name;
    wanted.head = {1, std::hash<std::string>()(name)};
    wanted.place.offset = begin;
    const auto claimed = store->claim({wanted});
    REQUIRE(claimed.ok());
    due.clear();
    for (const DueLine& line : claimed->front().due) due.push_back(line.json);
    place = claimed->front().source.place;
    return claimed->front().source.row;
  }

  Result<Committed> commit(std::int64_t partition, const char* id, std::int64_t written = 0) {
    Checkpoint checkpoint;
    NewAction& action = checkpoint.actions.emplace_back();
    action.id = action.json = id;
    action.endpoints = {endpoint};
    action.partition = partition;
    checkpoint.state.push_back({"alert", 0, "key", id, partition});
    checkpoint.written = written;
    return store->commit(checkpoint, models);
  }

  Ids to_deliver() {
    Ids ids;
    const auto items = store->due(endpoint, 1000, 100);
    REQUIRE(items.ok());
    for (const OutboxItem& item : *items) ids.push_back(item.id);
    return ids;
  }

  Ids kept(std::int64_t partition) {
    Ids values;
    REQUIRE(store->load_state("alert", models, partition, [&](auto, auto, std::string_view value) {
      values.emplace_back(value);
    }).ok());
    return values;
  }

  std::unique_ptr<Store> store;
  ModelTable models;
  std::uint32_t endpoint = 0;
  Ids due;
  SourcePlace place;
};

}  // namespace

TEST_CASE("claims: who has lost a partition commits nothing", "[postgres]") {
  const std::string where = new_postgres_place();
  Run one(where, 11), other(where, 12);
  const std::int64_t p = one.claim("kafka://t/0", 7), q = one.claim("kafka://t/1", 9);
  CHECK(p != q);
  REQUIRE(one.commit(p, "a")->lost.empty());
  CHECK(other.claim("kafka://t/0", 100) == p);
  CHECK(other.place.offset == 7);  // as the first had it

  const auto refused = one.commit(q, "b");
  REQUIRE(refused.ok());
  CHECK(refused->lost == std::vector{p});
  CHECK(other.kept(p) == Ids{"a"});
  CHECK(one.kept(q).empty());

  // Without the one that it has lost it goes on.
  CHECK_FALSE(one.commit(q, "b")->lost.empty());
  REQUIRE(one.store->let_go({p}, 0).ok());
  const auto done = one.commit(q, "c");
  REQUIRE(done.ok());
  CHECK(done->lost.empty());
  CHECK(done->fresh == std::vector{true});
  CHECK(one.kept(q) == Ids{"c"});
  CHECK(other.commit(p, "d")->lost.empty());
}

TEST_CASE("claims: what came of a partition is its owner's to deliver and to write", "[postgres]") {
  const std::string where = new_postgres_place();
  Run one(where, 11), other(where, 12);
  const std::int64_t p = one.claim("kafka://t/0", 7), q = other.claim("kafka://t/1", 9);
  const auto first = one.commit(p, "a");
  REQUIRE(one.commit(p, "b", first->last).ok());  // "a" is written, nobody knows of "b"
  REQUIRE(other.commit(q, "c").ok());
  CHECK(one.to_deliver() == Ids{"a", "b"});
  CHECK(other.to_deliver() == Ids{"c"});
  CHECK(one.store->totals()->waiting == 2);
  CHECK(one.store->totals()->waiting_from_before == 0);

  other.claim("kafka://t/0", 7);
  CHECK(other.due == Ids{"b"});
  CHECK(other.to_deliver() == Ids{"a", "b", "c"});
  CHECK(one.to_deliver().empty());
  CHECK(other.store->totals()->waiting == 1);
  CHECK(other.store->totals()->waiting_from_before == 2);

  REQUIRE(other.store->let_go({p, q}, 0).ok());
  CHECK(other.to_deliver().empty());
}

TEST_CASE("claims: a pacing is the endpoint's, whoever delivers", "[postgres]") {
  const std::string where = new_postgres_place();
  Run one(where, 11), other(where, 12);
  Pacing mine, theirs;
  const auto take_one_of_two = [](Pacing& pacing) {
    if (pacing.recent_ms.size() >= 2) return false;
    pacing.recent_ms.push_back(5);
    return true;
  };
  CHECK(*one.store->change_pacing(one.endpoint, mine, take_one_of_two));
  CHECK(*other.store->change_pacing(other.endpoint, theirs, take_one_of_two));
  CHECK_FALSE(*one.store->change_pacing(one.endpoint, mine, take_one_of_two));
  CHECK(mine.recent_ms.size() == 2);
}

TEST_CASE("claims: a partition begins with what was kept of no model for all", "[postgres]") {
  const std::string where = new_postgres_place();
  {
    Checkpoint checkpoint;
    checkpoint.state.push_back({"alert", 0, "key", "of all", 0});
    REQUIRE(open_store_at(where)->commit(checkpoint, ModelTable()).ok());
  }
  Run one(where, 11);
  const std::int64_t p = one.claim("kafka://t/0", 7);
  CHECK(one.kept(p) == Ids{"of all"});
  REQUIRE(one.commit(p, "own").ok());
  one.claim("kafka://t/0", 7);
  CHECK(one.kept(p) == Ids{"own"});
}

TEST_CASE("claims: lines of a run that had the state for itself are written by one of those that share it next", "[postgres]") {
  const std::string where = new_postgres_place();
  std::int64_t last = 0;
  {
    const auto alone = open_store_at(where);
    Checkpoint checkpoint;
    for (const char* id : {"a", "b"}) {
      NewAction& action = checkpoint.actions.emplace_back();
      action.id = action.json = id;
    }
    last = alone->commit(checkpoint, ModelTable())->last;
    checkpoint = {};
    checkpoint.written = last - 1;
    REQUIRE(alone->commit(checkpoint, ModelTable()).ok());  // "a" is written, nobody knows of "b"
  }
  {
    Run one(where, 11), other(where, 12);
    one.claim("kafka://t/3");
    CHECK(one.due == Ids{"b"});
    other.claim("kafka://t/1");
    CHECK(other.due.empty());  // the first has them, and lives as far as anybody knows
    const std::int64_t p = other.claim("kafka://t/3");
    CHECK(other.due == Ids{"b"});
    REQUIRE(other.commit(p, "c", last).ok());
    one.claim("kafka://t/3");
    CHECK(one.due == Ids{"c"});
  }
  CHECK(*open_store_at(where)->written() == last);
}

TEST_CASE("claims: a run that has the state for itself ends all", "[postgres]") {
  const std::string where = new_postgres_place();
  std::int64_t p = 0;
  {
    Run one(where, 11);
    p = one.claim("kafka://t/0", 7);
    REQUIRE(one.commit(p, "a").ok());
    PostgresOptions options;
    CHECK_FALSE(open_postgres_store(where, std::move(options)).ok());  // while the first is there
  }
  const auto alone = open_store_at(where);
  CHECK(alone->unwritten(0, 10)->size() == 1);
  CHECK(alone->due(*alone->endpoint_number("alert.ops"), 1000, 10)->size() == 1);
}
