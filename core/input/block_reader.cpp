#include "core/input/block_reader.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "core/text/utf8.h"

namespace mlmon {
namespace {

bool readable(int fd) {
  pollfd asked{fd, POLLIN, 0};
  int count = 0;
  do {
    count = poll(&asked, 1, 0);
  } while (count < 0 && errno == EINTR);
  return count != 0;  // also when it hung up or failed: the read will tell
}

/// Length of the text up to and with its last newline; 0: it has none.
std::size_t whole_lines(const char* text, std::size_t size) {
  const void* newline = memrchr(text, '\n', size);
  if (newline == nullptr) return 0;
  return static_cast<std::size_t>(static_cast<const char*>(newline) - text) + 1;
}

/// Growing by resize() alone may take twice what is needed.
void grow(std::vector<char>& buffer, std::size_t size) {
  buffer.reserve(size);
  if (buffer.size() < size) buffer.resize(size);
}

}  // namespace

std::uint64_t RawBlock::end_offset() const {
  const std::uint64_t bytes = too_long ? line_bytes + (unterminated ? 0 : 1) : size;
  return offset + skipped + bytes;
}

BlockReader::BlockReader(Input& input, std::uint64_t max_line, std::size_t block_bytes,
                         std::uint64_t start_offset)
    : input_(input),
      max_line_(std::min<std::uint64_t>(max_line, std::numeric_limits<std::size_t>::max() / 4)),
      block_bytes_(std::max<std::size_t>(block_bytes, 1)),
      offset_(start_offset),
      begun_(start_offset != 0) {}

Result<BlockReader::Fill> BlockReader::next(RawBlock& block) {
  for (bool more = !ended_ && !error_;; more = fetch()) {
    scan();
    if (long_line_ && whole_ == begin_) {
      if (finish_long_line(block)) return Fill::block;
    } else if (long_line_ || !more || held_ - begin_ >= block_bytes_) {
      const std::size_t end = ended_ && !long_line_ ? last_end() : whole_;
      if (end > begin_) {
        hand_out(end - begin_, block);
        return Fill::block;
      }
    }
    if (more) continue;
    if (error_) return *error_;
    return ended_ ? Fill::end : Fill::would_block;
  }
}

/// Finds the whole lines in what is new. The last newline in a window of max_line + 1 bytes shows
/// that no line before it is too long, so that there is no need to look at each line.
void BlockReader::scan() {
  if (!begun_) skip_mark();
  if (!begun_) return;
  while (long_line_ ? skip_nuls() : scanned_ < held_) {
    const std::size_t limit = std::min(held_, whole_ + max_line_ + 1);
    const std::size_t lines = whole_lines(work_.data() + scanned_, limit - scanned_);
    if (lines > 0) whole_ = scanned_ + lines;
    scanned_ = limit;
    long_line_ = scanned_ - whole_ > max_line_;
  }
}

void BlockReader::skip_mark() {
  const std::string_view head(work_.data(), std::min(held_, kByteOrderMark.size()));
  const bool undecided = head.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(head);
  if (undecided && !ended_) return;
  begun_ = true;
  if (head == kByteOrderMark) begin_ = whole_ = scanned_ = skipped_ = head.size();
}

/// Skips the NUL bytes that the line which is too long begins with: without them it may fit. False:
/// there are none, or lines before it are still to be handed out.
bool BlockReader::skip_nuls() {
  if (whole_ != begin_ || dropped_ > 0) return false;
  const std::size_t first = std::string_view(work_.data(), held_).find_first_not_of('\0', begin_);
  const std::size_t text = std::min(first, held_);
  if (text == begin_) return false;
  skipped_ += text - begin_;
  begin_ = whole_ = scanned_ = text;
  long_line_ = false;
  return true;
}

/// Where the input ends: NUL bytes that nothing has come after yet are no line.
std::size_t BlockReader::last_end() const {
  const std::string_view held(work_.data(), held_);
  return held.find_first_not_of('\0', whole_) == std::string_view::npos ? whole_ : held_;
}

/// Hands out the line that is too long if its end is there, else forgets what came of it but its
/// beginning.
bool BlockReader::finish_long_line(RawBlock& block) {
  const std::size_t kept = begin_ + max_line_;
  const std::size_t newline = std::string_view(work_.data(), held_).find('\n', kept);
  const bool found = newline != std::string_view::npos;
  if (!found && !ended_) {
    dropped_ += held_ - kept;
    held_ = kept;
    return false;
  }
  const std::size_t end = found ? newline : held_;
  grow(block.buffer, max_line_ + RawBlock::kPadding);
  std::memcpy(block.buffer.data(), work_.data() + begin_, max_line_);
  block.size = max_line_;
  block.too_long = true;
  block.line_bytes = dropped_ + (end - begin_);
  block.unterminated = !found;
  label(block);
  long_line_ = false;
  dropped_ = 0;
  begin_ = whole_ = scanned_ = found ? end + 1 : end;
  return true;
}

/// Hands out the first `size` bytes. The shorter part is copied, them or what stays, so that no
/// byte is copied often whatever the lengths of lines.
void BlockReader::hand_out(std::size_t size, RawBlock& block) {
  const std::size_t end = begin_ + size;
  const std::size_t rest = held_ - end;
  block.size = size;
  block.too_long = false;
  block.line_bytes = 0;
  block.unterminated = end > whole_;
  label(block);
  std::size_t shift = 0;
  if (begin_ == 0 && rest <= size) {
    work_.swap(block.buffer);
    grow(work_, rest + RawBlock::kPadding);
    if (rest > 0) std::memcpy(work_.data(), block.buffer.data() + end, rest);
    shift = end;
  } else {
    grow(block.buffer, size + RawBlock::kPadding);
    std::memcpy(block.buffer.data(), work_.data() + begin_, size);
  }
  begin_ = whole_ = end - shift;
  scanned_ = std::max(scanned_, end) - shift;
  held_ -= shift;
}

void BlockReader::label(RawBlock& block) {
  block.offset = offset_;
  block.skipped = skipped_;
  offset_ = block.end_offset();
  skipped_ = 0;
}

/// False: there is nothing more now, or at all (ended_, error_).
bool BlockReader::fetch() {
  if (!input_.ready() && input_.poll_fd() >= 0 && !readable(input_.poll_fd())) return false;
  const std::size_t held = held_ - begin_;
  const std::size_t wanted = held < block_bytes_ ? block_bytes_ - held : block_bytes_;
  make_room(wanted);
  const Result<std::size_t> got = input_.read(work_.data() + held_, wanted);
  if (!got) {
    error_ = got.error();
    return false;
  }
  if (*got == Input::kNothingYet) return false;
  ended_ = *got == 0;
  held_ += *got;
  return !ended_;
}

void BlockReader::make_room(std::size_t wanted) {
  if (begin_ > 0) {
    std::memmove(work_.data(), work_.data() + begin_, held_ - begin_);
    whole_ -= begin_;
    scanned_ -= begin_;
    held_ -= begin_;
    begin_ = 0;
  }
  const std::size_t needed = held_ + wanted + RawBlock::kPadding;
  if (work_.capacity() < needed) {
    const std::size_t most = max_line_ + block_bytes_ + RawBlock::kPadding;
    work_.reserve(std::max(needed, std::min(2 * work_.capacity(), most)));
  }
  grow(work_, needed);
}

}  // namespace mlmon
