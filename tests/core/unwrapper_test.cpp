#include "core/event/unwrapper.h"

#include <catch2/catch.hpp>
#include <string>

using namespace mlmon;

namespace {

std::string inside(const std::vector<std::string>& pointers, const std::string& line) {
  Unwrapper unwrapper(pointers, false);
  return std::string(unwrapper.inside(line));
}

}  // namespace

TEST_CASE("the first pointer that leads to a text or an object counts") {
  CHECK(inside({"/log", "/message"}, R"({"stream":"stdout","log":"{\"a\":1}\n"})") == "{\"a\":1}\n");
  CHECK(inside({"/log", "/message"}, R"({"message":{"a":1},"x":2})") == "{\"a\":1}");
  CHECK(inside({"/log", "/message"}, R"({"message":"m","log":"l"})") == "l");
  CHECK(inside({"/log", "/message"}, R"({"message":"m","log":null})") == "m");
  CHECK(inside({"/log", "/message"}, R"({"message":"m","log":7})") == "m");
  CHECK(inside({"/k8s/records/1/body"}, R"( {"k8s":{"records":[0,{"body":{"b":[]}}]}} )") == "{\"b\":[]}");
  CHECK(inside({"/a~1b"}, R"({"a/b":"\u00e4\ud83d\ude00\u0000"})") == std::string("\xc3\xa4\xf0\x9f\x98\x80\0", 7));
}

TEST_CASE("a line without it is the line itself") {
  for (const char* line : {R"({"type":"metrics"})", R"({"log":[]})", R"({"log":true})", "text", "[{\"log\":\"x\"}]",
                           R"({"log":"x"} more)", R"({"log":"x")", "", R"({"inner":{"log":"x"}})"}) {
    CHECK(inside({"/log"}, line) == line);
  }
}

TEST_CASE("NUL bytes before the text are skipped, one level is taken off, and nothing is looked at where it is off") {
  CHECK(inside({"/log"}, R"({"log":"\u0000\u0000{}"})") == "{}");
  CHECK(inside({"/log"}, R"({"log":{"log":"x"}})") == R"({"log":"x"})");
  CHECK(inside({}, R"({"":"x","log":"y"})") == R"({"":"x","log":"y"})");
}

TEST_CASE("what an earlier line gave is gone with the next") {
  Unwrapper unwrapper({"/log"}, false);
  CHECK(unwrapper.inside(R"({"log":"a long text with an escape\n"})") == "a long text with an escape\n");
  CHECK(unwrapper.inside(R"({"log":"b\t"})") == "b\t");
  CHECK(unwrapper.inside(R"({"x":1})") == R"({"x":1})");
}
