#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "core/event/complaint.h"
#include "core/run/source_book.h"

namespace mlmon {

/// The account of one source: lines == events + bad + empty + foreign.
struct SourceCount {
  std::string source;
  std::uint64_t from_offset = 0, to_offset = 0;  // of the decompressed text
  std::uint64_t lines = 0, events = 0, bad = 0, empty = 0;
  std::uint64_t late = 0;     // of the events
  std::uint64_t foreign = 0;  // not JSON objects, with [input] foreign = "skip"
  bool of_log = false;        // a partition: its offsets are those of records
  std::uint64_t misplaced = 0;  // of the events: their model was first seen in another partition
  std::array<std::uint64_t, kBadReasons> bad_reasons{};
  bool nothing_new = false;  // it was read to its end before
};

/// One source of a run.
struct Source {
  SourceCount count;
  std::shared_ptr<BookedSource> booked;  // null: one that is not read again
  bool compressed = false;
  std::uint64_t turn = 0;       // changes when a partition goes to another run or comes back: what was read in another
                                // turn, and is not handed out yet, is void
  std::uint64_t caught_up_lines = 0;  // that were read only for observers that had been stopped

  /// Lines before the next one that is new for all.
  std::uint64_t lines_before() const { return (booked ? booked->start.lines : 0) + count.lines; }

  /// A last line without newline may still get its rest.
  bool may_grow() const { return booked != nullptr && !compressed && !count.of_log; }
};

}  // namespace mlmon
