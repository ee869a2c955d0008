#include "core/event/record_block.h"

#include <algorithm>
#include <cstring>

#include "core/text/utf8.h"

namespace mlmon {
namespace {

/// Behind the newline of the line that many lines after the start; the end of the text if it has fewer.
std::size_t behind_lines(std::string_view text, std::uint64_t lines) {
  std::size_t at = 0;
  for (; lines > 0 && at < text.size(); --lines) {
    const std::size_t newline = text.find('\n', at);
    at = newline == text.npos ? text.size() : newline + 1;
  }
  return at;
}

std::uint64_t count_lines(std::string_view text, std::uint64_t max_line, bool& has_long_lines) {
  std::uint64_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    has_long_lines |= end - at > max_line;
    at = end + 1;
  }
  return std::max<std::uint64_t>(lines, 1);
}

/// Room behind the text, without touching what will be written anyway each time.
void make_room(RawBlock& block, std::size_t more) {
  const std::size_t needed = block.size + more + RawBlock::kPadding;
  if (block.buffer.size() >= needed) return;
  block.buffer.resize(std::max({needed, 2 * block.buffer.size(), std::size_t{4096}}));
}

}  // namespace

bool append_record(Batch& batch, std::uint64_t offset, std::string_view value, std::uint64_t max_line,
                   RecordLines lines) {
  if (value.starts_with(kByteOrderMark)) value.remove_prefix(kByteOrderMark.size());
  if (lines.begin > 0) {
    const std::size_t begin = behind_lines(value, lines.begin);
    if (begin == value.size()) return false;
    value.remove_prefix(begin);
  }
  if (lines.end != std::numeric_limits<std::uint64_t>::max()) {
    if (lines.end <= lines.begin) return false;
    value = value.substr(0, behind_lines(value, lines.end - lines.begin));
  }
  RawBlock& block = batch.block;
  batch.records.push_back(
      {static_cast<std::uint32_t>(block.size), batch.log_lines, offset, lines.begin});
  batch.log_lines += count_lines(value, max_line, batch.has_long_lines);
  make_room(block, value.size() + 1);
  if (!value.empty()) std::memcpy(block.buffer.data() + block.size, value.data(), value.size());
  block.size += value.size();
  if (!value.ends_with('\n')) block.buffer[block.size++] = '\n';
  return true;
}

}  // namespace mlmon
