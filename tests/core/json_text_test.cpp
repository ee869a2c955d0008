#include "core/text/json_text.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace mlmon;

namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json(double number) {
  std::string out;
  append_json_number(out, number);
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

}  // namespace

TEST_CASE("a string is quoted and only what must be is escaped") {
  CHECK(json("") == R"("")");
  CHECK(json("plain / text") == R"("plain / text")");
  CHECK(json("\"\\") == R"("\"\\")");
  CHECK(json("a\b\f\n\r\tz") == R"("a\b\f\n\r\tz")");
  CHECK(json(std::string_view("\0\x01\x1f\x7f", 4)) == "\"\\u0000\\u0001\\u001f\\u007f\"");
  CHECK(json("\xc3\xa4\xe2\x9d\x97\xf0\x9f\x98\x80") == "\"\xc3\xa4\xe2\x9d\x97\xf0\x9f\x98\x80\"");
}

TEST_CASE("text is appended to what is there") {
  std::string out = "{";
  append_json_string(out, "a");
  append_json_number(out += ':', 1.5);
  append_printable(out += '}', "\n");
  CHECK(out == "{\"a\":1.5}\\n");
}

TEST_CASE("a number is the shortest text that reads back the same") {
  CHECK(json(0.71) == "0.71");
  CHECK(json(1e-10) == "1e-10");
  CHECK(json(3.0) == "3");
  CHECK(json(0.0) == "0");
  CHECK(json(-2.5) == "-2.5");
  CHECK(json(0.1 + 0.2) == "0.30000000000000004");
  CHECK(json(5e-324) == "5e-324");
  CHECK(json(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
}

TEST_CASE("what JSON has no number for is null") {
  CHECK(json(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(json(-std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("text for people has its control characters and broken bytes escaped") {
  CHECK(printable("a \xc3\xa4 \"b\" \\") == "a \xc3\xa4 \"b\" \\");
  CHECK(printable("one\ntwo") == "one\\ntwo");
  CHECK(printable("\x1b[31m\x7f\t\r") == "\\x1b[31m\\x7f\\x09\\x0d");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\xc2\x9b" "31m") == "\\xc2\\x9b31m");
  CHECK(printable("\xc2\xa0") == "\xc2\xa0");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc3(") == "\\xc3(");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
  CHECK(printable("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
}
