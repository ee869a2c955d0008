#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "core/event/batch.h"

namespace mlmon {

/// Lines of one record: from the one behind `begin` of them on, up to and with number `end`.
struct RecordLines {
  std::uint64_t begin = 0;
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
};

/// Appends lines of a log's record to the text of a batch. Its value is a text of lines: the last one needs no
/// newline, a byte order mark at its start does not count, and a value without a byte is an empty line (so
/// is a tombstone). False: none of the lines is there, and nothing was appended.
bool append_record(Batch& batch, std::uint64_t offset, std::string_view value, std::uint64_t max_line,
                   RecordLines lines = {});

}  // namespace mlmon
