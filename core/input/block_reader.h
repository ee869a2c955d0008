#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/input/input.h"
#include "core/result.h"

namespace mlmon {

/// A run of whole lines, or one line that is too long.
struct RawBlock {
  /// Readable bytes behind the text, for parsers that look ahead.
  static constexpr std::size_t kPadding = 64;

  std::vector<char> buffer;  // the text and at least kPadding bytes; given again, it is used again
  std::size_t size = 0;      // of the text: lines with their '\n'; a '\r' before it is left in

  std::uint64_t offset = 0;   // of the first line in the decompressed source
  std::uint64_t skipped = 0;  // bytes at `offset` that the text leaves out: 3 of a byte order mark, NUL
                              // bytes before a line that is too long with them
  bool unterminated = false;  // the last line is the end of the input and has no newline

  bool too_long = false;         // one line beyond max_line: the text is its first max_line bytes
  std::uint64_t line_bytes = 0;  // then: the whole length of that line without its newline

  std::string_view text() const { return {buffer.data(), size}; }

  /// Offset of the byte at `at` of the text; that of the source's first line is 0, byte order mark
  /// or not.
  std::uint64_t offset_of(std::size_t at) const { return at == 0 ? offset : offset + skipped + at; }

  /// Offset behind the block, where the next one begins.
  std::uint64_t end_offset() const;
};

/// Cuts an input into blocks of whole lines.
///
/// A line is what stands before a '\n'; one of at most max_line bytes (a '\r' counts) is never cut,
/// of a longer one only its beginning is kept. Any number of NUL bytes before it do not count. Memory: max_line + block_bytes here, and as much in
/// each block. Not thread-safe.
class BlockReader {
 public:
  /// `input` is not owned and stands at `start_offset` of the source, where a line begins.
  BlockReader(Input& input, std::uint64_t max_line, std::size_t block_bytes = 256 * 1024,
              std::uint64_t start_offset = 0);

  enum class Fill {
    block,        // `block` holds the lines that follow
    end,          // the input has ended, and every byte of it was handed out, but for NUL bytes at its end
    would_block,  // nothing whole is there yet: poll input.poll_fd(), then call again
  };

  /// Fills `block` with the lines that follow: up to block_bytes, or as many as are there when
  /// waiting for more would block. An error comes behind the whole lines before it, and again on
  /// each further call; what else was read is pending().
  Result<Fill> next(RawBlock& block);

  /// Bytes that were read and not handed out: an unfinished line.
  std::uint64_t pending() const { return dropped_ + (held_ - begin_); }

 private:
  void scan();
  void skip_mark();
  bool skip_nuls();
  std::size_t last_end() const;
  bool finish_long_line(RawBlock& block);
  void hand_out(std::size_t size, RawBlock& block);
  void label(RawBlock& block);
  bool fetch();
  void make_room(std::size_t wanted);

  Input& input_;
  std::size_t max_line_;
  std::size_t block_bytes_;

  // work_[begin_, held_) was read and not handed out. Whole lines, none too long, reach up to
  // whole_; [whole_, scanned_) holds no newline. A line that is too long begins at begin_ once
  // whole_ is there.
  std::vector<char> work_;
  std::size_t begin_ = 0, whole_ = 0, scanned_ = 0, held_ = 0;

  bool long_line_ = false;     // the line at whole_ is too long
  std::uint64_t dropped_ = 0;  // bytes of it, behind those kept, that are gone already

  std::uint64_t offset_;       // of begin_
  std::uint64_t skipped_ = 0;  // bytes at offset_ that are not handed out
  bool begun_;                 // a byte order mark can no longer come
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace mlmon
