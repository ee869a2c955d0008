#include "core/observer/job_ends.h"

#include <catch2/catch.hpp>

#include <set>

using namespace mlmon;

namespace {

/// Ends, and a store that knows these requests.
struct Noted {
  JobEnds ends{};
  std::set<std::string> stored{};

  bool request(const std::string& id, std::uint64_t seq) {
    return ends.request(id, seq, [this](const std::string& job) { return stored.count(job) > 0; });
  }
};

}  // namespace

TEST_CASE("a request that comes again behind the end of its job has ended") {
  Noted noted;
  CHECK_FALSE(noted.request("a", 1));
  noted.ends.note("a", 3);
  CHECK_FALSE(noted.request("a", 2));
  CHECK(noted.request("a", 4));
  CHECK_FALSE(noted.request("b", 5));
}

TEST_CASE("an end that stands before its request ends nothing, unless the store knows the request") {
  Noted noted;
  noted.ends.note("a", 1);
  CHECK_FALSE(noted.request("a", 2));
  noted.stored = {"a", "b"};
  CHECK_FALSE(noted.request("a", 3));
  noted.ends.note("a", 4);
  CHECK(noted.request("a", 5));

  noted.ends.note("b", 6);
  CHECK(noted.request("b", 7));
  CHECK(noted.request("b", 8));
}

TEST_CASE("the end of a job that was put back is over") {
  Noted noted;
  CHECK_FALSE(noted.request("a", 1));
  noted.ends.note("a", 2);
  noted.ends.note("b", 2);
  noted.ends.pass_barrier();
  noted.ends.note("a", 3);
  CHECK(noted.request("a", 4));
  noted.ends.reopen("a");
  CHECK_FALSE(noted.request("a", 5));
  noted.ends.note("a", 6);
  CHECK(noted.request("a", 7));
  noted.stored = {"b"};
  CHECK(noted.request("b", 8));
}

TEST_CASE("what was noted is kept until the barrier after the next one") {
  Noted noted;
  CHECK_FALSE(noted.request("a", 1));
  noted.ends.pass_barrier();
  noted.ends.note("a", 2);
  CHECK(noted.request("a", 3));
  noted.ends.pass_barrier();
  CHECK_FALSE(noted.request("b", 4));
  noted.stored = {"a"};
  CHECK(noted.request("a", 5));
  noted.ends.pass_barrier();
  noted.ends.pass_barrier();
  CHECK_FALSE(noted.request("a", 6));  // from here on the store is asked
}
