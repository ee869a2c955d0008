#include "core/event/line_hints.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

bool names(const std::string& line, const std::string& what) {
  const Parsed parsed = parse(line);
  INFO(parsed.detail());
  return parsed.detail().find(what) != std::string::npos;
}

/// ASCII as UTF-16, low byte first.
std::string wide(const std::string& text) {
  std::string out;
  for (const char c : text) (out += c) += '\0';
  return out;
}

}  // namespace

TEST_CASE("a line of a document over several lines names the ways to one line") {
  for (const char* line : {"{", "[", "  \"type\": \"metrics\",", "  \"model\": {", "  },", "}", "]", "],",
                           "    \"f1\": 0.5", "{\"a\": 1,"}) {
    INFO(line);
    CHECK(names(line, "jq -c ."));
    CHECK(names(line, "mlmon import"));
  }
  for (const char* line : {"INFO started", "{\"type\":\"metrics\"", "{broken}", "0.5,"}) {
    INFO(line);
    CHECK_FALSE(names(line, "jq"));
  }
  CHECK(names("[{\"type\":\"metrics\"}]", "jq -c '.[]'"));
}

TEST_CASE("a line of UTF-16 names it and the way to UTF-8") {
  CHECK(names("\xff\xfe" + wide("{\"type\""), "UTF-16"));
  CHECK(names("\xff\xfe" + wide("{\"type\""), "iconv"));
  CHECK(names(std::string("\xfe\xff\0{", 4), "UTF-16"));
  CHECK(names(wide("{\"type\""), "UTF-16"));
  CHECK_FALSE(names("\xff{}", "UTF-16"));
}

TEST_CASE("characters that cannot be seen are shown") {
  CHECK(names("\xef\xbb\xbf{}", "got <U+FEFF>"));
  CHECK(names("\xef\xbb\xbf{}", "byte order mark"));
  CHECK(names("{\"type\":\xc2\xa0\"metrics\"}", "expected a value, got <U+00A0>"));
  CHECK(names("{\"type\":\"metrics\xc2\xa0\"}", "got \"metrics<U+00A0>\""));
  CHECK(names("{\"type\":\"\xe2\x80\x8b" "drift\"}", "got \"<U+200B>drift\""));
  CHECK(names("{\"type\":\"gr\xc3\xb6\xc3\x9f" "e\"}", "got \"gr\xc3\xb6\xc3\x9f" "e\""));
}
