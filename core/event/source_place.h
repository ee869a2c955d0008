#pragma once

#include <cstdint>

namespace mlmon {

/// How far a source was read.
struct SourcePlace {
  std::uint64_t offset = 0;  // of the decompressed text, where a line begins; of a log the next record's ...
  std::uint64_t lines = 0;   // ... behind so many of them; of a log so many of that record's own
  bool newline_due = false;  // the last one was whole without its newline, which may still come
};

/// Before the other one in the same source.
inline bool is_before(const SourcePlace& place, const SourcePlace& other) {
  return place.offset != other.offset ? place.offset < other.offset : place.lines < other.lines;
}

}  // namespace mlmon
