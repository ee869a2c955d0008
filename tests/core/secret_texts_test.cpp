#include "core/delivery/secret_texts.h"

#include <catch2/catch.hpp>

using mlmon::SecretTexts;

TEST_CASE("secrets are blanked as they are, as JSON has them and as forms have them") {
  const SecretTexts secrets(R"({"a":{"b":"p\"a/ss","c":5},"list":["long-one","abc"],"open":"word"})",
                            {"/a", "/list", "/nowhere", "/a/b"});
  CHECK(secrets.blank("p\"a/ss|p\\\"a/ss|p%22a%2Fss|long-one|abc|word|") ==
        "***|***|***|***|abc|word|");
  CHECK(secrets.blank("") == "");
  CHECK(SecretTexts().blank("long-one") == "long-one");
  CHECK(SecretTexts("no JSON", {"/a"}).blank("no JSON") == "no JSON");
}

TEST_CASE("of secrets that hold each other the longest is blanked first") {
  const SecretTexts secrets(R"(["word","word-and-more"])", {""});
  CHECK(secrets.blank("word-and-more word") == "*** ***");
}
