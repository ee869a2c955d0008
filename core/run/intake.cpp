#include "core/run/intake.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "core/input/limited_input.h"

namespace mlmon {
namespace {

// Blocks of this size parse in about a tenth of a millisecond: less is not worth waking a thread for.
constexpr std::size_t kBlock = 256 * 1024;
constexpr std::size_t kParsedHere = 32 * 1024;

std::uint64_t bytes_in_all(const std::vector<std::string>& paths) {
  std::uint64_t total = 0;
  for (const std::string& path : paths) {
    struct stat info {};
    const int found = path == "-" ? fstat(0, &info) : stat(path.c_str(), &info);
    if (found == 0 && !S_ISREG(info.st_mode)) return 0;
    if (found == 0) total += static_cast<std::uint64_t>(info.st_size);
  }
  return total;
}

/// A line that came alone must not keep the memory of a whole block while it waits.
void release_slack(RawBlock& block) {
  const std::size_t needed = block.size + RawBlock::kPadding;
  if (needed >= kParsedHere || block.buffer.capacity() < 2 * kParsedHere) return;
  block.buffer.resize(needed);
  block.buffer.shrink_to_fit();
}

}  // namespace

Intake::Intake(IntakeOptions options, ModelTable& models, BadLineReporter& bad_lines,
               const std::function<void()>& wake)
    : options_(std::move(options)),
      bad_lines_(bad_lines),
      parser_(options_.rules, models, options_.max_line),
      pool_(
          options_.threads - 1,
          [&] { return std::make_unique<BlockParser>(options_.rules, models, options_.max_line); },
          wake),
      in_flight_limit_(options_.threads + 2),
      total_(bytes_in_all(options_.paths)) {}

Intake::~Intake() = default;

bool Intake::advance() {
  would_block_ = false;
  if (stopped_ || ready_ || pool_.in_flight() >= in_flight_limit_) return false;
  if (!input_) return options_.follower != nullptr ? open_followed() : open_next();

  std::shared_ptr<Batch> batch = batches_.take();
  const Result<BlockReader::Fill> fill = reader_->next(batch->block);
  if (!fill) {
    close(&fill.error());
  } else if (*fill == BlockReader::Fill::end) {
    if (catch_up_) return reopen_behind_catch_up();
    const bool again = options_.reopen_fifo && !input_->regular();
    close(nullptr);
    if (again) reopen_fifo();
  } else if (*fill == BlockReader::Fill::would_block) {
    would_block_ = true;
    return false;
  } else {
    release_slack(batch->block);
    next_offset_ = batch->block.end_offset();
    batch->source = source_;
    batch->source_index = current_;
    batch->catch_up = catch_up_;
    batch->continues_line = std::exchange(begins_in_line_, false);
    parse_or_submit(std::move(batch));
  }
  return true;
}

/// True unless there is nothing left to open.
bool Intake::open_next() {
  if (next_path_ == options_.paths.size()) return false;
  const std::string& path = options_.paths[next_path_++];
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) {
    note(input.error());
    return true;
  }
  if (const auto begun = begin_source(path, std::move(*input)); !begun) note(begun.error());
  return true;
}

/// The same with the files that are followed. Where a file goes on is known once all of it that was read
/// has been taken.
bool Intake::open_followed() {
  if (pool_.in_flight() > 0) return false;
  followed_ = options_.follower->next();
  tell_missing();
  if (followed_ == nullptr) return false;
  Result<std::unique_ptr<Input>> input = open_current();
  if (!input) {
    followed_failed(input.error());
    return true;
  }
  followed_errors_.erase(followed_->path);
  const int fd = (*input)->file_fd();
  if (fd >= 0 && !options_.follower->hold(*followed_, fd)) return true;
  if (followed_->source) {
    const auto same = SourceBook::goes_on(*booked_[*followed_->source], followed_->opened_by());
    if (same && *same) {
      go_on(std::move(*input));
      return true;
    }
  }
  const Result<bool> begun = begin_source(followed_->path, std::move(*input));
  if (!begun) {
    followed_failed(begun.error());
  } else if (*begun) {
    followed_->source = current_;
  }
  return true;
}

Result<std::unique_ptr<Input>> Intake::open_current() const {
  return followed_ != nullptr ? open_input(followed_->opened_by(), followed_->path)
                              : open_input(*source_);
}

/// False: it was read in this run already, under another name.
Result<bool> Intake::begin_source(const std::string& path, std::unique_ptr<Input> input) {
  bool already = false;
  std::shared_ptr<BookedSource> booked;
  if (options_.book != nullptr) {
    const bool came_later = options_.follower != nullptr && options_.follower->looked_again();
    auto entered = options_.book->enter(path, *input, already, came_later);
    if (!entered) return entered.error();
    booked = std::move(*entered);
  }
  source_ = std::make_shared<const std::string>(path);
  current_ = sources_.size();
  sources_.emplace_back();
  sources_.back().source = path;
  booked_.push_back(booked);
  compressed_.push_back(input->compressed());
  caught_up_lines_.push_back(0);
  if (already) {
    sources_.back().nothing_new = true;
    return false;
  }
  const SourcePlace start = booked ? booked->start : SourcePlace{};
  const SourcePlace first = booked ? booked->earliest() : SourcePlace{};
  sources_.back().from_offset = sources_.back().to_offset = start.offset;
  if (first.offset < start.offset) {
    auto part = std::make_unique<LimitedInput>(std::move(input), start.offset - first.offset);
    read_from(std::move(part), first, true);
  } else {
    read_from(std::move(input), start, false);
  }
  return true;
}

/// A file that is followed has something new.
void Intake::go_on(std::unique_ptr<Input> input) {
  current_ = *followed_->source;
  source_ = std::make_shared<const std::string>(sources_[current_].source);
  read_from(std::move(input), booked_[current_]->read, false);
}

void Intake::read_from(std::unique_ptr<Input> input, const SourcePlace& place, bool catch_up) {
  if (place.offset > 0) {
    const Result<std::uint64_t> reached = input->seek(place.offset);
    if (!reached) return note(reached.error());
  }
  if (followed_ != nullptr && input->regular() && !catch_up && followed_->read) {
    // What is written from now on is for the next time, or other files would wait for ever.
    const std::uint64_t size = followed_->read->first;
    input = std::make_unique<LimitedInput>(std::move(input), size - std::min(size, place.offset));
  }
  input_ = std::move(input);
  reader_ = std::make_unique<BlockReader>(*input_, options_.max_line, kBlock, place.offset);
  catch_up_ = catch_up;
  begins_in_line_ = place.newline_due;
}

/// The next writer's lines come behind those of the last.
void Intake::reopen_fifo() {
  Result<std::unique_ptr<Input>> input = open_input(*source_);
  if (!input) return note(input.error());
  input_ = std::move(*input);
  reader_ = std::make_unique<BlockReader>(*input_, options_.max_line, kBlock, next_offset_);
}

/// What a file that is followed has done wrong is told once, and forgotten when it is well again.
void Intake::followed_failed(const Error& error) {
  std::string& known = followed_errors_[followed_->path];
  if (known != error.text && on_error) on_error(error);
  known = error.text;
  options_.follower->again(*followed_);
}

void Intake::tell_missing() {
  const auto& missing = options_.follower->missing();
  for (const auto& [path, error] : missing) {
    if (followed_errors_.emplace(path, error.text).second && on_error) on_error(error);
  }
  for (const std::string& path : missing_) {
    if (!missing.contains(path)) followed_errors_.erase(path);
  }
  missing_.clear();
  for (const auto& [path, error] : missing) missing_.push_back(path);
}

std::vector<Error> Intake::errors() const {
  std::vector<Error> all = errors_;
  for (const auto& [path, text] : followed_errors_) all.push_back({text});
  return all;
}

void Intake::note(const Error& error) {
  if (followed_ != nullptr) return followed_failed(error);
  errors_.push_back(error);
  errors_behind_.push_back(sources_.size());
}

/// What the stopped observers had not seen is read: now to what is new for all.
bool Intake::reopen_behind_catch_up() {
  close(nullptr);
  catch_up_ = false;
  Result<std::unique_ptr<Input>> input = open_current();
  if (input) {
    read_from(std::move(*input), booked_[current_]->start, false);
  } else {
    note(input.error());
  }
  return true;
}

void Intake::close(const Error* why) {
  if (why != nullptr) note(*why);
  closed_bytes_ += input_->consumed();
  reader_.reset();
  input_.reset();
}

void Intake::parse_or_submit(std::shared_ptr<Batch> batch) {
  if (pool_.in_flight() == 0 && batch->block.size < kParsedHere) {
    parser_.parse(*batch);
    ready_ = std::move(batch);
  } else {
    pool_.submit(std::move(batch));
  }
}

std::shared_ptr<const Batch> Intake::take() {
  // What was parsed here came when the pool was empty, so it is the oldest.
  std::shared_ptr<Batch> batch = ready_ ? std::exchange(ready_, nullptr) : pool_.take();
  if (!batch) return nullptr;
  const bool held_back = holds_back_tail(*batch);
  if (options_.stop_at_bad && !batch->bad.empty() && !batch->catch_up) {
    // What was read behind the bad line was never there.
    batch->cut_at_first_bad();
    stopped_ = true;
    pool_.discard();
    while (!errors_.empty() && errors_behind_.back() > batch->source_index) {
      errors_.pop_back();
      errors_behind_.pop_back();
    }
    sources_.resize(batch->source_index + 1);
    booked_.resize(sources_.size());
  }
  place(*batch, held_back);
  return batch;
}

void Intake::place(Batch& batch, bool held_back) {
  SourceCount& count = sources_[batch.source_index];
  const std::shared_ptr<BookedSource>& booked = booked_[batch.source_index];
  if (batch.catch_up) {
    std::uint64_t& caught_up = caught_up_lines_[batch.source_index];
    batch.place(booked->earliest().lines + caught_up, events_);
    caught_up += batch.lines;
    events_ += batch.rows();
    return;
  }
  const std::uint64_t lines_before = (booked ? booked->start.lines : 0) + count.lines;
  batch.place(lines_before, events_);
  events_ += batch.rows();
  count.lines += batch.lines;
  count.events += batch.rows();
  count.empty += batch.empty;
  count.bad += batch.bad.size();
  for (const BadRecord& record : batch.bad) {
    ++count.bad_reasons[static_cast<std::size_t>(record.reason)];
  }
  if (options_.stop_at_bad && !batch.bad.empty()) {
    const BadRecord& stopped_by = batch.bad.front();
    batch.end = {batch.block.offset_of(stopped_by.at), stopped_by.line - 1, false};
  } else if (held_back) {
    batch.end.lines = lines_before + batch.lines;
  } else {
    batch.end = {batch.block.end_offset(), lines_before + batch.lines, batch.block.unterminated};
  }
  count.to_offset = batch.end.offset;
  if (booked && options_.follower != nullptr) {
    SourceBook::note_read(*booked, batch.end, batch.block.offset + batch.block.skipped,
                          batch.text_read());
  }
  report_bad(batch);
}

/// A last line that is no whole event yet may still be written: it waits for its rest.
bool Intake::holds_back_tail(Batch& batch) const {
  const bool may_grow = booked_[batch.source_index] && !compressed_[batch.source_index];
  if (!may_grow || !batch.block.unterminated || batch.block.too_long) return false;
  const std::string_view text = batch.block.text();
  const std::size_t tail = text.rfind('\n') + 1;
  if (is_empty_line(text.substr(tail)) && batch.empty > 0) {
    --batch.lines;
    --batch.empty;
    batch.end = {batch.block.offset_of(tail), 0, false};
    return true;
  }
  if (batch.bad.empty()) return false;
  const BadRecord last = batch.bad.back();
  if (last.reason != BadReason::kTruncated) return false;
  batch.bad.pop_back();
  --batch.lines;
  batch.end = {batch.block.offset_of(last.at), 0, false};
  return true;
}

void Intake::report_bad(const Batch& batch) {
  for (const BadRecord& record : batch.bad) {
    if (!bad_lines_.wants(record.reason)) continue;
    bad_lines_.report(*batch.source, record.line, batch.block.offset_of(record.at),
                      parser_.explain(batch, record),
                      batch.block.text().substr(record.at, record.size));
  }
}

bool Intake::ended() const {
  const bool no_more = options_.follower == nullptr && next_path_ == options_.paths.size();
  return (stopped_ || (no_more && !input_)) && !ready_ && pool_.in_flight() == 0;
}

bool Intake::caught_up() const {
  if (options_.follower == nullptr) return ended();
  return (stopped_ || (!input_ && options_.follower->all_given())) && !ready_ &&
         pool_.in_flight() == 0;
}

bool Intake::waits_for_input() const {
  const bool idle = options_.follower != nullptr ? caught_up() : would_block_;
  return idle && !stopped_ && !ready_ && pool_.in_flight() == 0;
}

int Intake::poll_fd() const {
  if (stopped_) return -1;
  if (options_.follower != nullptr) return caught_up() ? options_.follower->poll_fd() : -1;
  return would_block_ ? input_->poll_fd() : -1;
}

std::int64_t Intake::poll_limit_ns() const {
  return options_.follower != nullptr && !stopped_ ? Follower::kLookEveryNs : -1;
}

void Intake::stop() { stopped_ = true; }

std::uint64_t Intake::consumed() const {
  return closed_bytes_ + (input_ ? input_->consumed() : 0);
}

}  // namespace mlmon
