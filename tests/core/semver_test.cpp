#include "core/event/semver.h"

#include <catch2/catch.hpp>
#include <string>

using namespace mlmon;

TEST_CASE("versions of semver 2.0.0 are taken") {
  const char* const text = GENERATE(
      "0.0.0", "1.0.0", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0", "1.0.0-0.3.7",
      "1.0.0-x.7.z.92", "1.0.0-x-y-z.--", "1.0.0--", "1.0.0-0a", "1.0.0-00a", "1.0.0-01-",
      "1.0.0+001", "1.0.0+20130313144700", "1.0.0-beta+exp.sha.5114f85",
      "1.0.0+21AF26D3----117B344092BD",
      "99999999999999999999999.999999999999999999.99999999999999999", "1.0.0+-", "1.0.0-a+0.00");
  CAPTURE(text);
  CHECK(is_semver(text));
}

TEST_CASE("anything else is not") {
  const char* const text = GENERATE(
      "", "1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.00.0", "1.0.01", "1..0", ".1.0", "1.0.",
      "1.0.0-", "1.0.0+", "1.0.0-+b", "1.0.0-a..b", "1.0.0-a.", "1.0.0-.a", "1.0.0-01",
      "1.0.0-a.00", "1.0.0+a+b", "1.0.0+a..b", "1.0.0-a_b", "1.0.0-\xc3\xa4", " 1.0.0",
      "1.0.0 ", "-1.0.0", "1.0.0-a b", "1.0.x", "latest");
  CAPTURE(text);
  CHECK(!is_semver(text));
}

TEST_CASE("a NUL is no part of a version") {
  CHECK(!is_semver(std::string("1.0.0\0", 6)));
}
