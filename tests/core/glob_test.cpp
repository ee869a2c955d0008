#include "core/text/glob.h"

#include <catch2/catch.hpp>

using namespace mlmon;

TEST_CASE("a glob without special characters matches itself") {
  CHECK(glob_matches("fraud", "fraud"));
  CHECK_FALSE(glob_matches("fraud", "fraud2"));
  CHECK_FALSE(glob_matches("fraud", "Fraud"));
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("", "x"));
}

TEST_CASE("a star matches any text, slashes and dots included") {
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("*", "a/b.c"));
  CHECK(glob_matches("fraud*", "fraud-eu"));
  CHECK(glob_matches("*eu*eu", "eu-eu-eu"));
  CHECK(glob_matches("a*b*c", "axxbyybzzc"));
  CHECK_FALSE(glob_matches("a*b*c", "axxbyybzz"));
  CHECK(glob_matches("**", "x"));
}

TEST_CASE("a question mark is one character, not one byte") {
  CHECK(glob_matches("m?", "m1"));
  CHECK(glob_matches("m?", "mé"));
  CHECK(glob_matches("?", "😀"));
  CHECK_FALSE(glob_matches("??", "😀"));
  CHECK_FALSE(glob_matches("m?", "m"));
  CHECK(glob_matches("??", "\xFF\xFE"));
  CHECK(glob_matches("*é", "éé"));
}

TEST_CASE("a set is one of its characters") {
  CHECK(glob_matches("v[123]", "v2"));
  CHECK_FALSE(glob_matches("v[123]", "v4"));
  CHECK(glob_matches("v[a-cx]", "vb"));
  CHECK(glob_matches("v[a-cx]", "vx"));
  CHECK_FALSE(glob_matches("v[a-cx]", "vd"));
  CHECK(glob_matches("v[!a-c]", "vd"));
  CHECK_FALSE(glob_matches("v[!a-c]", "va"));
  CHECK_FALSE(glob_matches("v[!a]", "v"));
  CHECK(glob_matches("[à-ü]", "é"));
  CHECK_FALSE(glob_matches("[z-a]", "m"));
}

TEST_CASE("brackets and hyphens at the edges of a set stand for themselves") {
  CHECK(glob_matches("[]x]", "]"));
  CHECK(glob_matches("[]x]", "x"));
  CHECK_FALSE(glob_matches("[!]]", "]"));
  CHECK(glob_matches("[!]]", "x"));
  CHECK(glob_matches("[a-]", "-"));
  CHECK(glob_matches("[-a]", "-"));
  CHECK(glob_matches("[\\]]", "]"));
  CHECK(glob_matches("[\\!a]", "!"));
}

TEST_CASE("what is no set is plain text") {
  CHECK(glob_matches("[abc", "[abc"));
  CHECK(glob_matches("x[", "x["));
  CHECK(glob_matches("[]", "[]"));
  CHECK(glob_matches("[!", "[!"));
}

TEST_CASE("a backslash takes the next character as it is") {
  CHECK(glob_matches("a\\*", "a*"));
  CHECK_FALSE(glob_matches("a\\*", "ab"));
  CHECK(glob_matches("\\?\\[\\\\", "?[\\"));
  CHECK(glob_matches("a\\", "a\\"));
}

TEST_CASE("a pattern of many stars takes no exponential time") {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK_FALSE(glob_matches(pattern + "*b", text));
}

TEST_CASE("the last glob of a list that matches counts") {
  const GlobList list({"fraud*", "!fraud-test*", "fraud-test-1"});
  CHECK(list.matches("fraud-eu"));
  CHECK_FALSE(list.matches("fraud-test-2"));
  CHECK(list.matches("fraud-test-1"));
  CHECK_FALSE(list.matches("churn"));
}

TEST_CASE("a list that begins with a negated glob begins with all") {
  const GlobList list({"!test*"});
  CHECK(list.matches("fraud"));
  CHECK_FALSE(list.matches("test-1"));
}

TEST_CASE("an empty list matches nothing and an escaped ! is no negation") {
  CHECK_FALSE(GlobList({}).matches("fraud"));
  CHECK(GlobList({"\\!x"}).matches("!x"));
  CHECK_FALSE(GlobList({"\\!x"}).matches("y"));
}
