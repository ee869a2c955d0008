#include "core/input/block_reader.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "tests/core/piecewise_input.h"

namespace mlmon {
namespace {

struct Line {
  std::uint64_t offset;
  std::string text;  // what is kept, without newline
  std::uint64_t bytes;
  bool too_long;
  bool terminated;

  bool operator==(const Line&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Line& line) {
  return out << line.offset << ":" << line.bytes << (line.too_long ? " too long" : "")
             << (line.terminated ? "" : " unterminated") << ": " << line.text;
}

using Fill = BlockReader::Fill;

constexpr std::size_t kPause = PiecewiseInput::kPause;

std::size_t leading_nuls(const std::string& text) {
  return std::min(text.find_first_not_of('\0'), text.size());
}

/// The lines of a text by the letter of the contract, without the NUL bytes before each.
std::vector<Line> lines_of(const std::string& source, std::uint64_t max_line) {
  std::vector<Line> lines;
  std::size_t at = source.starts_with("\xef\xbb\xbf") ? 3 : 0;
  while (at < source.size()) {
    const std::size_t newline = source.find('\n', at);
    const std::size_t end = std::min(newline, source.size());
    const std::string line = source.substr(at, end - at);
    const std::string text = line.substr(leading_nuls(line));
    const bool terminated = newline != std::string::npos;
    const std::uint64_t offset = lines.empty() ? 0 : at;
    if (text.empty() && !terminated) return lines;
    lines.push_back({offset, text.substr(0, max_line), text.size(), text.size() > max_line, terminated});
    at = end + 1;
  }
  return lines;
}

void append_lines(const RawBlock& block, std::vector<Line>& lines) {
  if (block.too_long) {
    const std::string kept(block.text());
    lines.push_back({block.offset, kept, block.line_bytes, true, !block.unterminated});
    return;
  }
  const std::string text(block.text());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const bool last = end == text.size();
    const std::string line = text.substr(at, end - at);
    const std::size_t nuls = leading_nuls(line);
    lines.push_back({block.offset_of(at), line.substr(nuls), line.size() - nuls, false, !last});
    at = end + 1;
  }
}

struct Reading {
  std::vector<Line> lines;
  std::string error;
  std::uint64_t end = 0;  // offset behind the last block
};

/// Reads all and checks what holds for every block.
Reading read_all(Input& input, std::uint64_t max_line, std::size_t block_bytes) {
  BlockReader reader(input, max_line, block_bytes);
  RawBlock block;
  Reading reading;
  while (true) {
    const Result<Fill> fill = reader.next(block);
    if (!fill) return reading.error = fill.error().text, reading;
    if (*fill == Fill::would_block) continue;
    if (*fill == Fill::end) return reading;
    REQUIRE((block.size > 0 || block.too_long));
    REQUIRE(block.buffer.size() >= block.size + RawBlock::kPadding);
    REQUIRE(block.size <= max_line + block_bytes + 3);
    REQUIRE(block.buffer.capacity() <= max_line + block_bytes + 4 + RawBlock::kPadding);
    REQUIRE(block.offset == reading.end);
    REQUIRE((block.unterminated || block.too_long || block.text().ends_with('\n')));
    reading.end = block.end_offset();
    append_lines(block, reading.lines);
  }
}

const std::vector<std::string>& samples() {
  using namespace std::string_literals;
  static const std::string mark = "\xef\xbb\xbf";
  static const std::string wide(41, 'w');
  static const std::vector<std::string> all = {
      "",
      "\n",
      "\n\n\n",
      "\r\n\r\n",
      "a",
      "a\nb\nc\n",
      "one\ntwo\r\n\r\n\nthree",
      "0123456789\n01234567890\n012345678\r\n0123456789\r\n",
      "nul \0 here\n\0\n\0\0"s,
      std::string(50, '\0') + "event\nnext\n" + std::string(3, '\0') + "more",
      mark + std::string(45, '\0') + wide + "\n" + std::string(45, '\0') + "\n",
      mark,
      mark + "\n",
      mark + "a\nb",
      mark + mark + "twice\n",
      mark.substr(0, 2),
      mark.substr(0, 2) + "\nb\n",
      "a\n" + mark + "b\n",
      wide,
      wide + "\n",
      wide + "\nshort\n",
      mark + wide + "\r\nshort\n",
      "short\n" + wide + "\nshort\n\n" + wide + wide + "\n" + wide + "\nx\n",
      "short\n" + wide,
      "a\n\nb\n" + std::string(300, 'z') + "\r\n" + std::string(10, 'm') + "\n\n" + wide + "\nend",
  };
  return all;
}

}  // namespace

TEST_CASE("any cut of the input gives the same lines at the same offsets") {
  const std::vector<std::vector<std::size_t>> cuts = {
      {1}, {2}, {3}, {7}, {1000}, {1, 5, 2}, {kPause, 1}, {4, kPause, kPause, 9}, {1000, kPause}};
  for (const std::string& source : samples()) {
    for (const std::uint64_t max_line : {0, 1, 2, 3, 9, 10, 11, 40, 41, 1000}) {
      const std::vector<Line> expected = lines_of(source, max_line);
      for (const std::vector<std::size_t>& sizes : cuts) {
        for (const std::size_t block_bytes : {1, 2, 3, 4, 8, 13, 64, 4096}) {
          CAPTURE(source, max_line, sizes, block_bytes);
          PiecewiseInput input(source, sizes);
          const Reading reading = read_all(input, max_line, block_bytes);
          REQUIRE(reading.lines == expected);
          REQUIRE(reading.error.empty());
          if (!expected.empty()) REQUIRE(reading.end == source.find_last_not_of('\0') + 1);
        }
      }
    }
  }
}

TEST_CASE("random text in random pieces gives the same lines at the same offsets") {
  std::mt19937 random(20260201);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (int round = 0; round < 3000; ++round) {
    std::string source = below(4) == 0 ? "\xef\xbb\xbf" : "";
    const std::size_t usual = 1 + below(30);
    for (std::size_t left = below(400); left > 0; --left) {
      source += below(usual) == 0 ? '\n' : below(20) == 0 ? '\r' : static_cast<char>(below(256));
      if (source.back() == '\n' && below(3) == 0) source.append(below(80), '\0');
    }
    std::vector<std::size_t> sizes;
    for (std::size_t left = 1 + below(8); left > 0; --left) sizes.push_back(below(60));
    sizes.push_back(1 + below(60));
    const std::uint64_t max_line = below(60);
    const std::size_t block_bytes = 1 + below(120);
    CAPTURE(round, source, max_line, sizes, block_bytes);
    PiecewiseInput input(source, sizes);
    REQUIRE(read_all(input, max_line, block_bytes).lines == lines_of(source, max_line));
  }
}

TEST_CASE("a line of exactly max_line bytes is whole and one byte more is too long") {
  PiecewiseInput input("12345\n123456\n1234\r\n12345\r\n", {100});
  const std::vector<Line> lines = read_all(input, 5, 64).lines;
  REQUIRE(lines == std::vector<Line>{{0, "12345", 5, false, true},
                                     {6, "12345", 6, true, true},
                                     {13, "1234\r", 5, false, true},
                                     {19, "12345", 6, true, true}});
}

TEST_CASE("any number of NUL bytes before a line is skipped, yet its place is before them") {
  constexpr std::size_t kNuls = 5'000'000;
  PiecewiseInput input("first\n" + std::string(kNuls, '\0') + "an event\nlast\n", {100'000});
  const std::vector<Line> lines = read_all(input, 16, 4096).lines;
  REQUIRE(lines == std::vector<Line>{{0, "first", 5, false, true},
                                     {6, "an event", 8, false, true},
                                     {6 + kNuls + 9, "last", 4, false, true}});
}

TEST_CASE("a byte order mark is no text, yet its bytes count") {
  PiecewiseInput input("\xef\xbb\xbf{}\n[]\n", {100});
  BlockReader reader(input, 100);
  RawBlock block;
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.text() == "{}\n[]\n");
  REQUIRE(block.offset == 0);
  REQUIRE(block.skipped == 3);
  REQUIRE(block.offset_of(0) == 0);
  REQUIRE(block.offset_of(3) == 6);
  REQUIRE(block.end_offset() == 9);
  REQUIRE(*reader.next(block) == Fill::end);
}

TEST_CASE("a byte order mark behind the start of the source is text") {
  PiecewiseInput input("\xef\xbb\xbf{}\n", {100});
  BlockReader reader(input, 100, 64, 5000);
  RawBlock block;
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.text() == "\xef\xbb\xbf{}\n");
  REQUIRE(block.offset == 5000);
  REQUIRE(block.skipped == 0);
  REQUIRE(block.end_offset() == 5006);
}

TEST_CASE("what a block says of one line does not stay for the next") {
  PiecewiseInput input("\xef\xbb\xbflong line\nok\nlong line", {100});
  BlockReader reader(input, 4);
  RawBlock block;
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.too_long);
  REQUIRE(block.line_bytes == 9);
  REQUIRE(block.text() == "long");
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE_FALSE(block.too_long);
  REQUIRE(block.line_bytes == 0);
  REQUIRE(block.skipped == 0);
  REQUIRE(block.offset == 13);
  REQUIRE(block.text() == "ok\n");
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.too_long);
  REQUIRE(block.unterminated);
  REQUIRE(block.end_offset() == 25);
  REQUIRE(*reader.next(block) == Fill::end);
  REQUIRE(*reader.next(block) == Fill::end);
}

TEST_CASE("a regular file fills its blocks") {
  std::string source;
  while (source.size() < 100'000) source += "a line of some length\n";
  PiecewiseInput input(source, {10});
  BlockReader reader(input, 1000, 1000);
  RawBlock block;
  while (*reader.next(block) == Fill::block) {
    if (block.end_offset() < source.size()) REQUIRE(block.size > 1000 - 22);
  }
}

TEST_CASE("the whole lines before a read error are handed out, then the error") {
  for (const std::size_t piece : {1, 4, 100}) {
    PiecewiseInput input("one\ntwo\nthree\n", {piece}, 11);
    BlockReader reader(input, 100, 64);
    RawBlock block;
    REQUIRE(*reader.next(block) == Fill::block);
    REQUIRE(block.text() == "one\ntwo\n");
    REQUIRE_FALSE(block.unterminated);
    REQUIRE(reader.pending() == 3);
    for (int again = 0; again < 3; ++again) {
      const Result<Fill> fill = reader.next(block);
      REQUIRE_FALSE(fill.ok());
      REQUIRE(fill.error().text == "x: disk on fire");
      REQUIRE(reader.pending() == 3);
    }
  }
}

TEST_CASE("a read error within a line that is too long leaves it out") {
  PiecewiseInput input("one\n" + std::string(500, 'x') + "\n", {7}, 304);
  BlockReader reader(input, 10, 20);
  RawBlock block;
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.text() == "one\n");
  REQUIRE_FALSE(reader.next(block).ok());
  REQUIRE(reader.pending() == 300);
}

TEST_CASE("a huge line without newline takes little memory") {
  class Endless final : public Input {
   public:
    Result<std::size_t> read(char* to, std::size_t room) override {
      const std::size_t size = std::min<std::uint64_t>(room, left_);
      std::fill_n(to, size, 'x');
      left_ -= size;
      return size;
    }
    int poll_fd() const override { return -1; }
    bool ready() const override { return true; }
    std::uint64_t consumed() const override { return 0; }
    std::uint64_t total() const override { return 0; }
    bool compressed() const override { return false; }
    bool regular() const override { return false; }

   private:
    std::uint64_t left_ = 500'000'000;
  };

  constexpr std::size_t kMiB = 1024 * 1024;
  Endless input;
  BlockReader reader(input, kMiB);
  std::vector<RawBlock> blocks(2);
  REQUIRE(*reader.next(blocks[0]) == Fill::block);
  REQUIRE(blocks[0].too_long);
  REQUIRE(blocks[0].unterminated);
  REQUIRE(blocks[0].line_bytes == 500'000'000);
  REQUIRE(blocks[0].size == kMiB);
  REQUIRE(blocks[0].buffer.capacity() <= kMiB + RawBlock::kPadding);
  REQUIRE(*reader.next(blocks[1]) == Fill::end);
}

TEST_CASE("many lines that are too long cost no more than their bytes") {
  std::string source;
  while (source.size() < 4'000'000) source += "0123456789\n";
  PiecewiseInput input(source, {source.size()});
  const Reading reading = read_all(input, 3, 1'000'000);
  REQUIRE(reading.lines.size() == (source.size() / 11));
}

TEST_CASE("of a pipe whole lines are handed out as soon as they are there") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const auto say = [&](const std::string& text) {
    REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  };
  const auto opened = open_input("/dev/fd/" + std::to_string(ends[0]));
  REQUIRE(opened.ok());
  Input& input = **opened;
  close(ends[0]);
  BlockReader reader(input, 1000);
  RawBlock block;

  REQUIRE(*reader.next(block) == Fill::would_block);
  say("one\ntwo\nthr");
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.text() == "one\ntwo\n");
  REQUIRE(*reader.next(block) == Fill::would_block);
  REQUIRE(reader.pending() == 3);
  say("ee");
  REQUIRE(*reader.next(block) == Fill::would_block);
  say("\n");
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.text() == "three\n");
  REQUIRE(block.offset == 8);
  say("last");
  REQUIRE(*reader.next(block) == Fill::would_block);
  close(ends[1]);
  REQUIRE(*reader.next(block) == Fill::block);
  REQUIRE(block.text() == "last");
  REQUIRE(block.unterminated);
  REQUIRE(*reader.next(block) == Fill::end);
}

}  // namespace mlmon
