#include "cli/text_table.h"

#include <catch2/catch.hpp>

using namespace mlmon;

TEST_CASE("columns are aligned to their sides, without blanks at the ends of lines") {
  TextTable table({"<name", ">count", "<note"});
  table.add({"naïve", "1", ""});
  table.add({"b", "1,234", "x"});
  CHECK(table.text("row") ==
        "name   count  note\n"
        "naïve      1\n"
        "b      1,234  x\n");
}

TEST_CASE("a table without rows is its headings") {
  CHECK(TextTable({"<a", ">b"}).text("row") == "a  b\n");
}

TEST_CASE("rows beyond the most are counted and take no room") {
  TextTable table({"<a"});
  for (int i = 0; i < 3; ++i) table.add({i < 2 ? "x" : "a very long one"});
  CHECK(table.text("model", 3) == "a\nx\nx\na very long one\n");
  CHECK(table.text("model", 2) == "a\nx\nx\n… and 1 more model\n");
  CHECK(table.text("model", 0) == "a\n… and 3 more models\n");
}

TEST_CASE("cells of the widest columns are cut until a line fits, those of the first column last") {
  TextTable table({"<id", "<reason", ">n"});
  table.add({"0123456789", "f1 0.71 is below 0.75", "12"});
  CHECK(table.text("row", 9, 27) ==
        "id          reason        n\n"
        "0123456789  f1 0.71 is…  12\n");
  CHECK(table.text("row", 9, 18) ==
        "id      reason   n\n"
        "01234…  f1 0.…  12\n");
  CHECK(table.text("row", 9, 1) ==
        "id  reason   n\n"
        "0…  f1 0.…  12\n");
}

TEST_CASE("a wide character takes two columns, and a cut leaves none of them half") {
  TextTable table({"<id", "<note", ">n"});
  table.add({"漢字漢字", "x", "1"});
  table.add({"abcdefgh", "y", "2"});
  CHECK(table.text("row") ==
        "id        note  n\n"
        "漢字漢字  x     1\n"
        "abcdefgh  y     2\n");
  CHECK(table.text("row", 9, 16) ==
        "id       note  n\n"
        "漢字漢…  x     1\n"
        "abcdef…  y     2\n");
  CHECK(table.text("row", 9, 15) ==
        "id      note  n\n"
        "漢字…   x     1\n"
        "abcde…  y     2\n");
}
