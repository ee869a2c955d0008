#include "core/event/block_parser.h"

#include <catch2/catch.hpp>

#include "tests/core/event_line.h"

using namespace mlmon;

namespace {

Batch of(const std::string& text, bool unterminated = false) {
  Batch batch;
  batch.block.buffer.assign(text.begin(), text.end());
  batch.block.buffer.resize(text.size() + RawBlock::kPadding);
  batch.block.size = text.size();
  batch.block.offset = 1000;
  batch.block.unterminated = unterminated;
  return batch;
}

const std::string kGood = metrics(R"("f1":0.5)");

}  // namespace

TEST_CASE("each line is an event, bad or empty") {
  ModelTable models;
  BlockParser parser({}, models, 1 << 20);
  Batch batch = of(kGood + "\n\n \t\r\nno\n" + kGood + "\r\n[]\n");
  parser.parse(batch);
  CHECK(batch.lines == 6);
  CHECK(batch.rows() == 2);
  CHECK(batch.empty == 2);
  REQUIRE(batch.bad.size() == 2);
  CHECK(batch.line == std::vector<std::uint64_t>{1, 5});
  CHECK(batch.bad[0].line == 4);
  CHECK(batch.bad[0].reason == BadReason::kInvalidJson);
  CHECK(batch.bad[1].reason == BadReason::kNotAnObject);
  CHECK(batch.offset[0] == 1000);
  CHECK(batch.offset[1] == 1000 + kGood.size() + 1 + 1 + 4 + 3);
  CHECK(batch.block.text().substr(batch.raw_off[1], kGood.size()) == kGood);
}

TEST_CASE("NUL bytes before the first other byte of a line are skipped") {
  ModelTable models;
  BlockParser parser({}, models, 1 << 20);
  const std::string nuls(7, '\0');
  Batch batch = of(kGood + "\n" + nuls + kGood + "\n" + nuls + " \t\r\n" + nuls + "\n" + nuls + "no\n" + kGood +
                   nuls + "\n" + kGood + "\n");
  parser.parse(batch);
  CHECK(batch.lines == 7);
  CHECK(batch.empty == 2);
  REQUIRE(batch.rows() == 3);
  CHECK(batch.offset[1] == 1000 + kGood.size() + 1);
  CHECK(batch.block.text().substr(batch.raw_off[1], batch.raw_len[1]) == kGood);
  REQUIRE(batch.bad.size() == 2);
  CHECK(parser.explain(batch, batch.bad[0]).detail == "column 1: expected a value, got n");
  CHECK(batch.bad[1].line == 6);
}

TEST_CASE("a last line without newline is an event if it is a whole one, else truncated") {
  ModelTable models;
  BlockParser parser({}, models, 1 << 20);
  Batch whole = of(kGood + "\n" + kGood, true);
  parser.parse(whole);
  CHECK(whole.rows() == 2);

  for (const std::string& rest :
       {kGood.substr(0, kGood.size() - 1), std::string("[]"), std::string("\xff")}) {
    Batch cut = of(kGood + "\n" + rest, true);
    parser.parse(cut);
    CHECK(cut.rows() == 1);
    REQUIRE(cut.bad.size() == 1);
    CHECK(cut.bad[0].reason == BadReason::kTruncated);
    CHECK(parser.explain(cut, cut.bad[0]).reason == BadReason::kTruncated);
  }
  Batch spaces = of(kGood + "\n  ", true);
  parser.parse(spaces);
  CHECK(spaces.empty == 1);
  CHECK(spaces.bad.empty());
}

TEST_CASE("bytes that are no UTF-8 cost their line only") {
  ModelTable models;
  BlockParser parser({}, models, 1 << 20);
  Batch batch = of(kGood + "\n{\"a\":\"\xff\"}\n" + kGood + "\n");
  parser.parse(batch);
  CHECK(batch.rows() == 2);
  REQUIRE(batch.bad.size() == 1);
  CHECK(batch.bad[0].reason == BadReason::kInvalidUtf8);
}

TEST_CASE("a line that is too long is told with its whole length") {
  ModelTable models;
  BlockParser parser({}, models, 4);
  Batch batch = of("xxxx");
  batch.block.too_long = true;
  batch.block.line_bytes = 123'456;
  parser.parse(batch);
  CHECK(batch.lines == 1);
  REQUIRE(batch.bad.size() == 1);
  const BadLine bad = parser.explain(batch, batch.bad[0]);
  CHECK(bad.reason == BadReason::kLineTooLong);
  CHECK(bad.detail.find("123456 bytes") != std::string::npos);
  CHECK(bad.detail.find("at most 4") != std::string::npos);
}

TEST_CASE("what explain() says is what the parser says of that line") {
  ModelTable models;
  BlockParser parser({}, models, 1 << 20);
  Batch batch = of(kGood + "\n" + metrics(R"("f1":1.5)") + "\n" + kGood + "\n");
  parser.parse(batch);
  REQUIRE(batch.bad.size() == 1);
  const auto expected = parse(metrics(R"("f1":1.5)"));
  CHECK(parser.explain(batch, batch.bad[0]).detail == expected.detail());
}

TEST_CASE("one model is one handle, however its object is written") {
  ModelTable models;
  BlockParser parser({}, models, 1 << 20), other({}, models, 1 << 20);
  const std::string spaced =
      R"({ "version":"2.1.0", "deployed_at":"2026-01-01T01:00:00+01:00", "name":"fr\u0061ud" })";
  Batch batch = of(kGood + "\n" + metrics(R"("f1":1)", spaced) + "\n" + kGood + "\n" +
                   metrics(R"("f1":1)", model("other")) + "\n");
  parser.parse(batch);
  CHECK(batch.model == std::vector<std::uint32_t>{1, 1, 1, 2});
  Batch again = of(metrics(R"("f1":1)", model("other")) + "\n" + kGood + "\n");
  other.parse(again);
  CHECK(again.model == std::vector<std::uint32_t>{2, 1});
}

TEST_CASE("model objects that never come again, and large ones, are the same models") {
  ModelTable models;
  BlockParser parser({}, models, 1 << 20);
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text +=
        metrics(R"("f1":1)", R"({"build":)" + std::to_string(i) + "," + kModel.substr(1)) + "\n";
  }
  text += metrics(R"("f1":1)", R"({"pad":")" + std::string(5000, 'x') + "\"," + kModel.substr(1)) +
          "\n";
  Batch batch = of(text);
  parser.parse(batch);
  CHECK(batch.rows() == 20'001);
  CHECK(models.size() == 1);
}
