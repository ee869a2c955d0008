#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event/batch.h"
#include "core/event/models.h"
#include "core/event/parser_pool.h"
#include "core/run/late_events.h"
#include "core/run/model_homes.h"
#include "core/run/record_source.h"
#include "core/run/source.h"
#include "core/run/source_opener.h"

namespace mlmon {

struct IntakeOptions : SourceOptions {
  EventRules rules;
  std::uint64_t max_line = 1 << 20;
  std::size_t threads = 1;   // that parse, the pipeline's among them; at least one
  bool stop_at_bad = false;  // the input ends before the first bad line
  bool skip_late = false;    // late events are counted, and nobody sees them
  RecordSource* records = nullptr;  // what is read in place of the paths
};

/// Who hears of lines that are no events, in the order of the input.
class BadLineReporter {
 public:
  virtual ~BadLineReporter() = default;

  /// False: the detail of a line of this reason is not needed, which saves the work of finding it.
  virtual bool wants(BadReason reason) = 0;

  /// A line that was wanted. `raw`: its bytes, of a line that is too long the first max_line of them.
  virtual void report(const std::string& source, std::uint64_t line, std::uint64_t offset,
                      const BadLine& bad, std::string_view raw) = 0;
};

/// Paths or a log in, batches of events out, in order: reads what is opened, parses on several threads, counts.
///
/// Belongs to the pipeline's thread. It never waits: where it would, it says on which descriptor.
class Intake {
 public:
  /// `wake` is called from the parser threads when a batch is ready.
  Intake(IntakeOptions options, ModelTable& models, BadLineReporter& bad_lines,
         const std::function<void()>& wake);
  ~Intake();

  /// Other types and members of events are wanted from here on. What was read and not yet taken is parsed again.
  void use(const EventRules& rules);

  /// Reads the next block if there is one and room for it. True: something was done, call again.
  bool advance();

  /// The next batch in order, placed and counted; nothing if none is ready.
  std::shared_ptr<const Batch> take();

  /// Parses a block that was read and that no other thread has begun. False: there is none.
  bool parse() { return pool_->help(*parser_); }

  /// Everything was read and taken, and no more will come.
  bool ended() const;

  /// Everything that was there when it was looked at last was read and taken.
  bool caught_up() const;

  /// Nothing can be done before poll_fd() is readable or poll_limit_ns() is over (and nothing is being
  /// parsed).
  bool waits_for_input() const;
  int poll_fd() const;
  std::int64_t poll_limit_ns() const;  // -1: none

  /// Reads no more; what was read is still to be taken.
  void stop() { stopped_ = true; }

  const std::vector<Source>& sources() const { return opener_.sources(); }
  std::vector<Source>& sources() { return opener_.sources(); }
  std::vector<SourceCount> counts() const;

  /// Of opening and reading; of a file that is followed only what still holds. Of a log they have been told.
  std::vector<Error> errors() const { return records_ ? records_->errors() : opener_.errors(); }
  bool reads_log() const { return records_ != nullptr; }

  /// Called at once: what is wrong with a file that is followed, and with one that is left for later.
  void on_error(const std::function<void(const Error&)>& tell);
  void on_warning(const std::function<void(const Error&)>& tell);

  /// Called at once: what cannot be read of a log, for good.
  void on_failure(const std::function<void(const Error&)>& tell);

  /// There was a checkpoint.
  void committed() {
    if (records_) records_->committed(sources());
  }

  /// Models that were seen in more than one partition of a log, and not told one by one.
  std::uint64_t misplaced_untold() const { return misplaced_untold_; }

  /// See RecordSource.
  bool wants_regroup() const { return records_ != nullptr && !stopped_ && records_->wants_regroup(); }

  /// Events that were read for observers that had been stopped may come once more.
  void forget_caught_up() { late_again_.forget(); }

  /// What came before, in earlier runs, is to be made known here.
  LateEvents& late() { return late_; }

  /// Bytes as they lie in the files: consumed so far, and in all (0: unknown, there is a pipe).
  std::uint64_t consumed() const;
  std::uint64_t total() const { return opener_.total(); }

  /// Lines taken so far: events, and those that are none.
  std::uint64_t events() const { return events_; }
  std::uint64_t bad() const { return bad_; }

 private:
  bool advance_records();
  bool read_from(std::optional<OpenedSource> opened);
  void close();
  void parse_or_submit(std::shared_ptr<Batch> batch);
  bool nothing_in_flight() const { return !ready_ && pool_->in_flight() == 0; }
  std::optional<std::size_t> hold_back_tail(Batch& batch) const;
  void stop_at_first_bad(Batch& batch);
  SourcePlace end_of(const Batch& batch, std::optional<std::size_t> held_back) const;
  std::shared_ptr<Batch> take_parsed();
  void place_caught_up(Batch& batch);
  void count(const Batch& batch, std::uint64_t events, std::uint64_t late);
  std::uint64_t count_misplaced(const Batch& batch);
  void report_bad(const Batch& batch);

  void make_parsers(const EventRules& rules);

  const std::uint64_t max_line_;
  const std::size_t threads_;
  const bool stop_at_bad_;
  BadLineReporter& bad_lines_;
  SourceOpener opener_;
  RecordSource* const records_;  // null: files
  BatchPool batches_;
  ModelTable& models_;
  const std::function<void()> wake_;
  std::optional<BlockParser> parser_;  // of this thread
  std::optional<ParserPool> pool_;
  const std::size_t in_flight_limit_;

  OpenedSource open_;                    // no input: nothing is
  std::unique_ptr<BlockReader> reader_;  // of it
  std::shared_ptr<const std::string> path_;
  std::uint64_t next_offset_ = 0;  // behind the block that was read last
  bool begins_in_line_ = false;    // of the next block, see Batch::continues_line
  bool would_block_ = false;
  bool stopped_ = false;
  std::shared_ptr<Batch> ready_;  // parsed here, on this thread

  LateEvents late_;
  LateEvents late_again_;  // of what only observers that had been stopped have not seen
  ModelHomes homes_;
  std::uint64_t misplaced_models_ = 0, misplaced_untold_ = 0;
  std::uint64_t events_ = 0, bad_ = 0;
  std::uint64_t closed_bytes_ = 0;
};

}  // namespace mlmon
