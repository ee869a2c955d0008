#include "core/text/glob_overlap.h"

#include <catch2/catch.hpp>

#include "core/text/glob.h"

using namespace mlmon;

TEST_CASE("globs overlap where a text matches all of them") {
  CHECK(may_overlap({{"*"}, {"fraud"}}));
  CHECK(may_overlap({{"a*"}, {"*b"}}));
  CHECK(may_overlap({{"a*c"}, {"*b*"}, {"??c"}}));
  CHECK(may_overlap({{"m?"}, {"mé"}}));
  CHECK(may_overlap({{"[a-f]x"}, {"[!a-e]*"}}));
  CHECK(may_overlap({{"\\*"}, {"?"}}));
  CHECK(may_overlap({{"[x"}, {"[[]x"}}));
}

TEST_CASE("globs do not overlap where no text matches all of them") {
  CHECK_FALSE(may_overlap({{"a*"}, {"b*"}}));
  CHECK_FALSE(may_overlap({{"fraud"}, {"fruad*"}}));
  CHECK_FALSE(may_overlap({{"a*"}, {"*b"}, {"?"}}));
  CHECK_FALSE(may_overlap({{"[a-f]x"}, {"[!a-f]*"}}));
  CHECK_FALSE(may_overlap({{"é"}, {"[a-z]"}}));
  CHECK_FALSE(may_overlap({{""}, {"*"}}));  // no model is called so
  CHECK_FALSE(may_overlap({{}, {"*"}}));
}

TEST_CASE("of lists of globs that overlap the last that matches counts") {
  CHECK_FALSE(may_overlap({{"a*", "!ab*"}, {"ab*"}}));
  CHECK_FALSE(may_overlap({{"!fraud*"}, {"fraud-eu"}}));
  CHECK(may_overlap({{"!fraud*"}, {"*"}}));
  CHECK(may_overlap({{"a*", "!ab*", "abc"}, {"ab*"}}));
  CHECK_FALSE(may_overlap({{"*", "!*"}, {"*"}}));
}

TEST_CASE("an overlap is found where a text from a small set shows it") {
  const std::vector<std::string> globs = {"a",  "b*", "*a", "?",  "a?",   "[ab]", "[!a]*", "*ab*",
                                          "!a", "!*", "*",  "!b", "!?b*", "[a",   "\\*",   "a*b"};
  std::vector<std::string> texts = {""};
  for (std::size_t i = 0; texts[i].size() < 4; ++i) {
    for (const char letter : {'a', 'b', '*', '[', 'c'}) texts.push_back(texts[i] + letter);
  }
  texts.erase(texts.begin());
  std::size_t wrong = 0;
  for (const std::string& a : globs) {
    for (const std::string& b : globs) {
      for (const std::string& c : globs) {
        const std::vector<std::string> first = {a, b}, second = {c};
        bool found = false;
        for (const std::string& text : texts) {
          found = found || (GlobList(first).matches(text) && GlobList(second).matches(text));
        }
        wrong += may_overlap({first, second}) != found ? 1 : 0;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("what would take too long to find out may overlap") {
  std::string wide = "*a", other = "*b";
  for (int i = 0; i < 40; ++i) wide += "?", other += "?";
  CHECK(may_overlap({{wide, "!*c*"}, {other, "!*d"}}));
}
