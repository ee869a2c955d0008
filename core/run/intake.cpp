#include "core/run/intake.h"

#include <fmt/format.h>

#include <utility>

#include "core/text/wording.h"

namespace mlmon {
namespace {

// Blocks of this size parse in about a tenth of a millisecond: less is not worth waking a thread for.
constexpr std::size_t kReadSize = 256 * 1024;
constexpr std::size_t kParsedHere = 32 * 1024;
constexpr std::uint64_t kMostMisplacedTold = 10;

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
    : max_line_(options.max_line),
      threads_(options.threads),
      stop_at_bad_(options.stop_at_bad),
      bad_lines_(bad_lines),
      opener_(options),
      records_(options.records),
      models_(models),
      wake_(wake),
      in_flight_limit_(options.threads + 2),
      late_(options.skip_late),
      late_again_(options.skip_late),
      homes_(models) {
  make_parsers(options.rules);
}

Intake::~Intake() = default;

void Intake::make_parsers(const EventRules& rules) {
  parser_.emplace(rules, models_, max_line_);
  pool_.emplace(
      threads_ - 1,
      [&] { return std::make_unique<BlockParser>(rules, models_, max_line_); }, wake_);
}

void Intake::use(const EventRules& rules) {
  std::vector<std::shared_ptr<Batch>> read = pool_->end();
  if (ready_) read.insert(read.begin(), std::exchange(ready_, nullptr));
  make_parsers(rules);
  for (std::shared_ptr<Batch>& batch : read) {
    batch->clear_events();
    pool_->submit(std::move(batch));
  }
}

bool Intake::advance() {
  would_block_ = false;
  if (stopped_ || ready_ || pool_->in_flight() >= in_flight_limit_) return false;
  if (records_) return advance_records();
  if (!open_.input) return read_from(opener_.next(nothing_in_flight()));

  std::shared_ptr<Batch> batch = batches_.take();
  const Result<BlockReader::Fill> fill = reader_->next(batch->block);
  if (!fill) {
    opener_.note(fill.error());
    close();
  } else if (*fill == BlockReader::Fill::end) {
    std::optional<OpenedSource> more = opener_.after(open_, next_offset_);
    close();
    read_from(std::move(more));
  } else if (*fill == BlockReader::Fill::would_block) {
    would_block_ = true;
    return false;
  } else {
    release_slack(batch->block);
    next_offset_ = batch->block.end_offset();
    batch->source = path_;
    batch->source_index = open_.source;
    batch->catch_up = open_.catch_up;
    batch->continues_line = std::exchange(begins_in_line_, false);
    parse_or_submit(std::move(batch));
  }
  return true;
}

bool Intake::advance_records() {
  std::shared_ptr<Batch> batch = batches_.take();
  switch (records_->next(*batch, opener_.sources())) {
    case RecordSource::Fill::kBatch:
      release_slack(batch->block);
      parse_or_submit(std::move(batch));
      return true;
    case RecordSource::Fill::kNothingYet:
      would_block_ = true;
      return false;
    case RecordSource::Fill::kEnd:
      return false;
  }
  return false;
}

/// False: there is nothing to read from.
bool Intake::read_from(std::optional<OpenedSource> opened) {
  if (!opened) return false;
  open_ = std::move(*opened);
  const std::string& path = opener_.sources()[open_.source].count.source;
  if (!path_ || *path_ != path) path_ = std::make_shared<const std::string>(path);
  reader_ = std::make_unique<BlockReader>(*open_.input, max_line_, kReadSize, open_.from.offset);
  begins_in_line_ = open_.from.newline_due;
  next_offset_ = open_.from.offset;
  return true;
}

void Intake::close() {
  closed_bytes_ += open_.input->consumed();
  reader_.reset();
  open_ = {};
}

void Intake::parse_or_submit(std::shared_ptr<Batch> batch) {
  if (pool_->in_flight() == 0 && batch->block.size < kParsedHere) {
    parser_->parse(*batch);
    ready_ = std::move(batch);
  } else {
    pool_->submit(std::move(batch));
  }
}

/// The next in order; nothing: none is ready.
std::shared_ptr<Batch> Intake::take_parsed() {
  for (;;) {
    // What was parsed here came when the pool was empty, so it is the oldest.
    std::shared_ptr<Batch> batch = ready_ ? std::exchange(ready_, nullptr) : pool_->take();
    if (!batch || batch->turn == opener_.sources()[batch->source_index].turn) return batch;
  }
}

std::shared_ptr<const Batch> Intake::take() {
  std::shared_ptr<Batch> batch = take_parsed();
  if (!batch) return nullptr;
  if (batch->catch_up) {
    place_caught_up(*batch);
    return batch;
  }
  if (batch->of_log) {
    if (stop_at_bad_ && !batch->bad.empty()) {
      stop_at_first_bad(*batch);
      batch->end = batch->place_before(batch->bad.front());
    }
  } else {
    const std::optional<std::size_t> held_back = hold_back_tail(*batch);
    if (stop_at_bad_ && !batch->bad.empty()) stop_at_first_bad(*batch);
    batch->end = end_of(*batch, held_back);
  }
  const std::uint64_t events = batch->rows();
  const std::uint64_t late = late_.take_out(*batch);
  batch->place(opener_.sources()[batch->source_index].lines_before(), events_);
  count(*batch, events, late);
  report_bad(*batch);
  return batch;
}

/// It was counted in the run in which it was new.
void Intake::place_caught_up(Batch& batch) {
  Source& source = opener_.sources()[batch.source_index];
  late_again_.take_out(batch);
  batch.place(source.booked->earliest().lines + source.caught_up_lines, events_);
  source.caught_up_lines += batch.lines;
  events_ += batch.rows();
}

/// A last line that is no whole event yet may still be written: it waits for its rest, and is taken out of
/// the account. Where it begins in the block; nothing: there is none.
std::optional<std::size_t> Intake::hold_back_tail(Batch& batch) const {
  const bool may_grow = opener_.sources()[batch.source_index].may_grow();
  if (!may_grow || !batch.block.unterminated || batch.block.too_long) return std::nullopt;
  const std::string_view text = batch.block.text();
  const std::size_t tail = text.rfind('\n') + 1;
  if (is_empty_line(text.substr(tail)) && batch.empty > 0) {
    --batch.lines;
    --batch.empty;
    return tail;
  }
  if (!batch.foreign.empty() && batch.foreign.back() == batch.lines) {
    batch.foreign.pop_back();
    --batch.lines;
    return tail;
  }
  if (batch.bad.empty() || batch.bad.back().reason != BadReason::kTruncated) return std::nullopt;
  const std::size_t at = batch.bad.back().at;
  batch.bad.pop_back();
  --batch.lines;
  return at;
}

/// What was read behind the bad line was never there.
void Intake::stop_at_first_bad(Batch& batch) {
  batch.cut_at_first_bad();
  stopped_ = true;
  pool_->discard();
  if (!records_) opener_.forget_after(batch.source_index);
}

/// How far the source is read with the batch, which is not placed yet.
SourcePlace Intake::end_of(const Batch& batch, std::optional<std::size_t> held_back) const {
  const std::uint64_t before = opener_.sources()[batch.source_index].lines_before();
  if (stop_at_bad_ && !batch.bad.empty()) {
    const BadRecord& stopped_by = batch.bad.front();
    return {batch.block.offset_of(stopped_by.at), before + stopped_by.line - 1, false};
  }
  if (held_back) return {batch.block.offset_of(*held_back), before + batch.lines, false};
  return {batch.block.end_offset(), before + batch.lines, batch.block.unterminated};
}

/// `events`: with those that were skipped as late.
void Intake::count(const Batch& batch, std::uint64_t events, std::uint64_t late) {
  Source& source = opener_.sources()[batch.source_index];
  SourceCount& count = source.count;
  events_ += batch.rows();
  bad_ += batch.bad.size();
  count.lines += batch.lines;
  count.events += events;
  count.late += late;
  count.empty += batch.empty;
  count.foreign += batch.foreign.size();
  count.bad += batch.bad.size();
  for (const BadRecord& record : batch.bad) {
    ++count.bad_reasons[static_cast<std::size_t>(record.reason)];
  }
  count.to_offset = batch.end.offset;
  if (batch.of_log) count.misplaced += count_misplaced(batch);
  if (source.booked && opener_.follows()) {
    SourceBook::note_read(*source.booked, batch.end, batch.block.offset + batch.block.skipped,
                          batch.text_read());
  }
}

/// Those that were skipped as late are in order again.
std::uint64_t Intake::count_misplaced(const Batch& batch) {
  return homes_.count_misplaced(batch, [&](const std::string& model, std::size_t home) {
    if (++misplaced_models_ > kMostMisplacedTold) {
      ++misplaced_untold_;
    } else if (records_->on_warning) {
      records_->on_warning({fmt::format(
          "{}: events of model {} are also in {}, and their order is kept in one partition only (let the key of "
          "records be the model's name)",
          *batch.source, in_quotes(model), sources()[home].count.source)});
    }
  });
}

void Intake::report_bad(const Batch& batch) {
  for (const BadRecord& record : batch.bad) {
    if (!bad_lines_.wants(record.reason)) continue;
    bad_lines_.report(*batch.source, record.line, batch.offset_at(record.at),
                      parser_->explain(batch, record),
                      batch.block.text().substr(record.at, record.size));
  }
}

bool Intake::ended() const {
  if (records_) return (stopped_ || records_->ended()) && nothing_in_flight();
  return (stopped_ || (opener_.exhausted() && !open_.input)) && nothing_in_flight();
}

bool Intake::caught_up() const {
  if (records_) return (stopped_ || records_->caught_up()) && nothing_in_flight();
  return (stopped_ || (opener_.all_given() && !open_.input)) && nothing_in_flight();
}

bool Intake::waits_for_input() const {
  const bool idle = opener_.follows() ? caught_up() : would_block_;
  return idle && !stopped_ && nothing_in_flight();
}

int Intake::poll_fd() const {
  if (stopped_) return -1;
  if (records_) return would_block_ ? records_->poll_fd() : -1;
  if (opener_.follows()) return caught_up() ? opener_.poll_fd() : -1;
  return would_block_ ? open_.input->poll_fd() : -1;
}

std::int64_t Intake::poll_limit_ns() const {
  return opener_.follows() && !stopped_ ? Follower::kLookEveryNs : -1;
}

std::vector<SourceCount> Intake::counts() const {
  std::vector<SourceCount> counts;
  for (const Source& source : sources()) counts.push_back(source.count);
  return counts;
}

void Intake::on_error(const std::function<void(const Error&)>& tell) {
  opener_.on_error = tell;
  if (records_) records_->on_error = tell;
}

void Intake::on_warning(const std::function<void(const Error&)>& tell) {
  opener_.on_warning = tell;
  if (records_) records_->on_warning = tell;
}

void Intake::on_failure(const std::function<void(const Error&)>& tell) {
  if (records_) records_->on_failure = tell;
}

std::uint64_t Intake::consumed() const {
  if (records_) return records_->consumed();
  return closed_bytes_ + (open_.input ? open_.input->consumed() : 0);
}

}  // namespace mlmon
