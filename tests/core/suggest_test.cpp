#include "core/text/suggest.h"

#include <catch2/catch.hpp>

using namespace mlmon;

TEST_CASE("the closest candidate is suggested") {
  const std::vector<std::string> keys = {"version_scheme", "max_line", "files"};
  CHECK(suggest("max_lin", keys) == "max_line");
  CHECK(suggest("maxline", keys) == "max_line");
  CHECK(suggest("file", keys) == "files");
  CHECK(suggest("version-scheme", keys) == "version_scheme");
}

TEST_CASE("swapped neighbours and letter case are small mistakes") {
  CHECK(suggest("lsit", {"last", "list"}) == "list");
  CHECK(suggest("MAX_LINE", {"max_line"}) == "max_line");
}

TEST_CASE("nothing is suggested for what is far from everything") {
  CHECK_FALSE(suggest("colour", {"max_line", "files"}));
  CHECK_FALSE(suggest("ab", {"cd", "ax"}));
  CHECK_FALSE(suggest("", {"a", "b"}));
  CHECK_FALSE(suggest("anything", {}));
  CHECK_FALSE(suggest(std::string(1 << 20, 'x'), {"x"}));
}

TEST_CASE("the first of equally close candidates is suggested") {
  CHECK(suggest("min_f2", {"min_f1", "min_f3"}) == "min_f1");
}

TEST_CASE("the suggestion can be appended to a message") {
  CHECK(did_you_mean("min_f2", {"min_f1"}) == " (did you mean \"min_f1\"?)");
  CHECK(did_you_mean("zzz", {"min_f1"}).empty());
}
