#include "core/store/observer_state.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace mlmon;

namespace {

using Place = std::pair<std::uint32_t, std::string>;
using Mirror = std::map<Place, std::string>;

void replay(Mirror& mirror, const std::vector<ObserverState::Change>& changes) {
  for (const ObserverState::Change& change : changes) {
    const Place place(change.model, change.key);
    if (change.value) {
      mirror[place] = *change.value;
    } else {
      mirror.erase(place);
    }
  }
}

}  // namespace

TEST_CASE("what is put is there, by model and key, until it is erased") {
  ObserverState state;
  CHECK(state.get(1, "open") == nullptr);
  state.put(1, "open", "a");
  state.put(2, "open", "b");
  state.put(0, "open", "");
  REQUIRE(state.get(1, "open") != nullptr);
  CHECK(*state.get(1, "open") == "a");
  CHECK(*state.get(2, "open") == "b");
  CHECK(state.get(0, "open")->empty());
  CHECK(state.get(1, "ope") == nullptr);
  state.put(1, "open", "c");
  CHECK(*state.get(1, "open") == "c");
  state.erase(1, "open");
  CHECK(state.get(1, "open") == nullptr);
  CHECK(*state.get(2, "open") == "b");
}

TEST_CASE("what was loaded is no change") {
  ObserverState state;
  state.load(3, "k", "v");
  CHECK(*state.get(3, "k") == "v");
  CHECK(state.take_changes().empty());
  state.erase(3, "k");
  const auto changes = state.take_changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].model == 3);
  CHECK(changes[0].key == "k");
  CHECK_FALSE(changes[0].value.has_value());
}

TEST_CASE("a change is taken once, in its newest form") {
  ObserverState state;
  for (int i = 0; i < 1000; ++i) state.put(1, "n", std::to_string(i));
  const auto changes = state.take_changes();
  REQUIRE(changes.size() == 1);
  CHECK(*changes[0].value == "999");
  CHECK(state.take_changes().empty());
}

TEST_CASE("where nobody takes changes they are not kept, and can be undone all the same") {
  ObserverState state(false);
  state.put(1, "a", "x");
  state.begin();
  state.put(1, "a", "y");
  CHECK(state.take_changes().empty());
  state.undo();
  CHECK(*state.get(1, "a") == "x");
}

TEST_CASE("keys and values may be any bytes, also those of a model's number") {
  ObserverState state;
  const std::string bytes("\0\1\0\0\0 \xff\n", 8);
  state.put(1, bytes, bytes);
  state.put(256, "", "x");
  state.put(1, std::string("\0", 1), "y");
  CHECK(*state.get(1, bytes) == bytes);
  CHECK(*state.get(256, "") == "x");
  Mirror mirror;
  replay(mirror, state.take_changes());
  CHECK(mirror == Mirror{{{1, bytes}, bytes}, {{256, ""}, "x"}, {{1, std::string("\0", 1)}, "y"}});
}

TEST_CASE("undo() brings back what was at begin(), also for who takes the changes") {
  ObserverState state;
  state.load(1, "kept", "old");
  state.put(1, "before", "b");
  state.begin();
  state.put(1, "kept", "new");
  state.put(1, "kept", "newer");
  state.put(1, "added", "x");
  state.erase(1, "before");
  state.undo();
  CHECK(*state.get(1, "kept") == "old");
  CHECK(state.get(1, "added") == nullptr);
  CHECK(*state.get(1, "before") == "b");
  Mirror mirror = {{{1, "kept"}, "old"}};
  replay(mirror, state.take_changes());
  CHECK(mirror == Mirror{{{1, "kept"}, "old"}, {{1, "before"}, "b"}});
}

TEST_CASE("whatever is done, the changes make the same of a copy") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    ObserverState state;
    Mirror expected, at_begin, mirror;
    for (int step = 0; step < 100; ++step) {
      const std::uint32_t model = static_cast<std::uint32_t>(random() % 3);
      const std::string key(1, static_cast<char>('a' + random() % 3));
      const std::string value = std::to_string(random() % 5);
      switch (random() % 6) {
        case 0:
        case 1:
          state.put(model, key, value);
          expected[{model, key}] = value;
          break;
        case 2:
          state.erase(model, key);
          expected.erase({model, key});
          break;
        case 3:
          state.begin();
          at_begin = expected;
          break;
        case 4:
          if (step > 50) break;
          state.undo();
          expected = at_begin;
          state.begin();
          break;
        default:
          // As a barrier does: never between begin() and undo().
          state.begin();
          at_begin = expected;
          replay(mirror, state.take_changes());
          if (mirror != expected) FAIL("round " << round << ", step " << step);
      }
      const std::string* kept = state.get(model, key);
      const auto at = expected.find({model, key});
      if ((kept == nullptr) != (at == expected.end()) || (kept && *kept != at->second)) {
        FAIL("round " << round << ", step " << step);
      }
    }
  }
}
