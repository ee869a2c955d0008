#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/event/event.h"
#include "core/event/projection.h"
#include "core/event/source_place.h"
#include "core/input/block_reader.h"

namespace mlmon {

/// A line that is no event. Its text stays in the batch; what is wrong in detail is found by parsing it
/// once more, so that a file of nothing but bad lines costs little memory.
struct BadRecord {
  std::uint64_t line;  // in the source, from 1 (within the batch until the batch is placed)
  std::uint32_t at;    // offset of its text in the block
  std::uint32_t size;  // bytes, without newline
  BadReason reason;
};

/// What a job event tells beside the columns.
struct JobRecord {
  std::uint32_t row;
  std::string job, status, note;
};

/// Where the value of a log's record stands in a block.
struct RecordAt {
  std::uint32_t at;            // of its first line in the text
  std::uint64_t lines_before;  // in the block
  std::uint64_t offset;        // of the record in the log
  std::uint64_t lines_left;    // of the record that the block leaves out before that
};

/// The events of one block of lines as columns (row r of each belongs to the same event), and what else
/// stood there. Made by a BlockParser, then placed (source, lines, sequence) by the pipeline and from
/// there on immutable and shared by all observers.
struct Batch {
  RawBlock block;
  std::vector<RecordAt> records;  // of a log, ascending; what came before is then told by record and line in it
  bool of_log = false;
  std::uint64_t log_lines = 0;  // in the text, of a log
  bool has_long_lines = false;  // some are longer than max_line; a file's are in blocks of their own

  std::vector<std::int64_t> time_ns;  // since 1970
  std::vector<std::uint32_t> model;   // handles of the ModelTable
  std::vector<std::uint32_t> kind;    // kMetrics ...
  std::vector<double> accuracy, precision, recall, f1, p_value, magnitude;  // NaN: absent
  std::vector<std::int64_t> samples;                                        // -1: absent
  std::vector<std::uint8_t> plain;  // the columns above are all that the event says; 0: maybe not
  std::vector<std::uint64_t> line, offset;
  std::vector<std::uint32_t> raw_off, raw_len;  // of the line in block.text()
  ProjectedColumns projected;                   // by number in EventRules::projections
  std::vector<JobRecord> jobs;                  // of the rows that are job events, ascending

  std::vector<BadRecord> bad;
  std::uint64_t lines = 0;
  std::uint64_t empty = 0;
  std::vector<std::uint64_t> foreign;  // lines within the batch that are no JSON objects and may be none

  std::shared_ptr<const std::string> source;  // its path as given
  std::size_t source_index = 0;               // among those of the run
  std::uint64_t turn = 0;                     // of the source, see Source::turn
  std::uint64_t first_seq = 0;                // of row 0, see seq_of()
  bool host_made = false;                     // not of the input: ends of jobs, derived events
  bool derived = false;                       // of what stands at first_seq, each row
  bool catch_up = false;  // only for observers that were stopped in an earlier run: counted then
  bool continues_line = false;  // the newline of the line before may stand at its beginning
  SourcePlace end;              // where the source was read to with it

  /// The text up to `end`; of a line that is too long nothing.
  std::string_view text_read() const;

  /// Where a line that begins at `at` of the text stands in the source.
  std::uint64_t offset_at(std::uint32_t at) const;

  /// Before the line of a record that is bad. REQUIRES: of a log, not placed yet.
  SourcePlace place_before(const BadRecord& bad) const;

  /// Its events are part of the receipt.
  bool counted() const { return !host_made && !catch_up; }

  /// The place of a row among all events of a run. Between two events of the input there is room for a
  /// million that the host makes, so that the place of none depends on how many of those there are.
  static constexpr std::uint64_t kSeqStep = std::uint64_t{1} << 20;
  std::uint64_t seq_of(std::uint32_t row) const { return first_seq + row * seq_step(); }

  /// The row whose sequence this is. REQUIRES: not derived.
  std::uint32_t row_of(std::uint64_t seq) const {
    return static_cast<std::uint32_t>((seq - first_seq) / seq_step());
  }

  std::uint32_t rows() const { return static_cast<std::uint32_t>(time_ns.size()); }
  void clear();
  void clear_events();  // what parsing found; the block and where it stands stay
  void append(const Event& event, std::uint32_t model_handle, std::uint32_t at, std::uint32_t size,
              std::uint64_t line_in_block, std::uint64_t offset_in_source);

  /// Gives the batch its place: so many lines of its source and events of the input come before it. Lines of
  /// a log are counted in each record.
  void place(std::uint64_t lines_before, std::uint64_t events_before);

  /// Leaves only what stands before its first bad line, and that line. REQUIRES: not placed yet.
  void cut_at_first_bad();

  /// Leaves only these rows, which ascend.
  void keep_rows(const std::vector<std::uint32_t>& kept);

 private:
  const RecordAt& record_at(std::uint32_t at) const;
  void place_in_records();
  std::uint64_t seq_step() const { return derived ? 0 : host_made ? 1 : kSeqStep; }
};

/// Batches that are used again, so that a long run allocates a handful. Thread-safe; outlives what it
/// hands out.
class BatchPool {
 public:
  std::shared_ptr<Batch> take();

 private:
  struct Free;
  std::shared_ptr<Free> free_ = make_free();
  static std::shared_ptr<Free> make_free();
};

}  // namespace mlmon
