#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/event/batch.h"
#include "core/event/models.h"
#include "core/event/parser_pool.h"
#include "core/input/input.h"
#include "core/run/follower.h"
#include "core/run/late_events.h"
#include "core/run/source_book.h"

namespace mlmon {

/// The account of one source: lines == events + bad + empty + foreign.
struct SourceCount {
  std::string source;
  std::uint64_t from_offset = 0, to_offset = 0;  // of the decompressed text
  std::uint64_t lines = 0, events = 0, bad = 0, empty = 0;
  std::uint64_t late = 0;     // of the events
  std::uint64_t foreign = 0;  // no JSON objects, with [input] foreign = "skip"
  std::array<std::uint64_t, kBadReasons> bad_reasons{};
  bool nothing_new = false;  // it was read to its end before
};

struct IntakeOptions {
  std::vector<std::string> paths;  // files, FIFOs, "-"; read one after the other
  EventRules rules;
  std::uint64_t max_line = 1 << 20;
  std::size_t threads = 1;  // that parse, the pipeline's among them; at least one
  bool stop_at_bad = false;  // the input ends before the first bad line
  bool skip_late = false;    // late events are counted, and nobody sees them
  SourceBook* book = nullptr;  // where to go on; null: nothing is kept between runs

  // --follow: in place of `paths` the files of this are read, again whenever they change, until stop().
  // Needs a book. A single FIFO is read again for each of its writers instead.
  Follower* follower = nullptr;
  bool reopen_fifo = false;
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

/// Paths in, batches of events out, in order: opens, reads, parses on several threads, counts.
///
/// Belongs to the pipeline's thread. It never waits: where it would, it says on which descriptor.
class Intake {
 public:
  /// `wake` is called from the parser threads when a batch is ready.
  Intake(IntakeOptions options, ModelTable& models, BadLineReporter& bad_lines,
         const std::function<void()>& wake);
  ~Intake();

  /// Reads the next block if there is one and room for it. True: something was done, call again.
  bool advance();

  /// The next batch in order, placed and counted; nothing if none is ready.
  std::shared_ptr<const Batch> take();

  /// Parses a block that was read and that no other thread has begun. False: there is none.
  bool parse() { return pool_.help(parser_); }

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
  void stop();

  const std::vector<SourceCount>& sources() const { return sources_; }

  /// By index of source; null: one that is not read again.
  const std::vector<std::shared_ptr<BookedSource>>& booked() const { return booked_; }

  /// Of opening and reading; of a file that is followed only what still holds.
  std::vector<Error> errors() const;

  /// Of a file that is followed, at once; may be empty.
  std::function<void(const Error&)> on_error;

  /// What came before, in earlier runs.
  LateEvents& late() { return late_; }

  /// Bytes as they lie in the files: consumed so far, and in all (0: unknown, there is a pipe).
  std::uint64_t consumed() const;
  std::uint64_t total() const { return total_; }

 private:
  bool open_next();
  bool open_followed();
  Result<std::unique_ptr<Input>> open_current() const;
  Result<bool> begin_source(const std::string& path, std::unique_ptr<Input> input);
  void go_on(std::unique_ptr<Input> input);
  void followed_failed(const Error& error);
  void reopen_fifo();
  void read_from(std::unique_ptr<Input> input, const SourcePlace& place, bool catch_up);
  bool reopen_behind_catch_up();
  bool holds_back_tail(Batch& batch) const;
  void note(const Error& error);
  void tell_missing();
  void close(const Error* why);
  void parse_or_submit(std::shared_ptr<Batch> batch);
  void place(Batch& batch, bool held_back);
  void report_bad(const Batch& batch);

  const IntakeOptions options_;
  BadLineReporter& bad_lines_;
  BatchPool batches_;
  BlockParser parser_;  // of this thread
  ParserPool pool_;
  const std::size_t in_flight_limit_;

  std::size_t next_path_ = 0;
  FollowedFile* followed_ = nullptr;             // that is being read
  std::map<std::string, std::string> followed_errors_;  // by path: what is wrong with it now
  std::vector<std::string> missing_;             // paths, as of the last look
  std::size_t current_ = 0;                      // the source that is being read
  std::uint64_t next_offset_ = 0;                // behind the block that was read last
  std::unique_ptr<Input> input_;
  std::unique_ptr<BlockReader> reader_;
  std::shared_ptr<const std::string> source_;
  bool would_block_ = false;
  bool stopped_ = false;
  std::shared_ptr<Batch> ready_;  // parsed here, on this thread

  bool catch_up_ = false;          // the input ends where the source's main part begins
  bool begins_in_line_ = false;    // of the next block, see Batch::continues_line
  std::vector<std::shared_ptr<BookedSource>> booked_;
  std::vector<std::uint64_t> caught_up_lines_;  // by source
  std::vector<bool> compressed_;                // likewise

  std::vector<SourceCount> sources_;
  std::vector<Error> errors_;
  std::vector<std::size_t> errors_behind_;  // for each error, the sources that had been opened
  LateEvents late_;
  LateEvents late_again_;  // of what only observers that were stopped have not seen
  std::uint64_t events_ = 0;
  std::uint64_t closed_bytes_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace mlmon
