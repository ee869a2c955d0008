#include "core/intake.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace mlmon {
namespace {

// Blocks of this size parse in about a tenth of a millisecond: less is not worth waking a thread for.
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
          options_.threads,
          [&] { return std::make_unique<BlockParser>(options_.rules, models, options_.max_line); },
          wake),
      in_flight_limit_(options_.threads + 2),
      total_(bytes_in_all(options_.paths)) {}

Intake::~Intake() = default;

bool Intake::advance() {
  would_block_ = false;
  if (stopped_ || ready_ || pool_.in_flight() >= in_flight_limit_) return false;
  if (!input_) return open_next();

  std::shared_ptr<Batch> batch = batches_.take();
  const Result<BlockReader::Fill> fill = reader_->next(batch->block);
  if (!fill) {
    close(&fill.error());
  } else if (*fill == BlockReader::Fill::end) {
    close(nullptr);
  } else if (*fill == BlockReader::Fill::would_block) {
    would_block_ = true;
    return false;
  } else {
    release_slack(batch->block);
    batch->source = source_;
    batch->source_index = sources_.size() - 1;
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
  input_ = std::move(*input);
  reader_ = std::make_unique<BlockReader>(*input_, options_.max_line);
  source_ = std::make_shared<const std::string>(path);
  sources_.emplace_back();
  sources_.back().source = path;
  return true;
}

void Intake::note(const Error& error) {
  errors_.push_back(error);
  errors_behind_.push_back(sources_.size());
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
  std::shared_ptr<Batch> batch = ready_ ? std::exchange(ready_, nullptr) : pool_.try_take();
  if (!batch) return nullptr;
  if (options_.stop_at_bad && !batch->bad.empty()) {
    // What was read behind the bad line was never there.
    batch->cut_at_first_bad();
    stopped_ = true;
    while (pool_.in_flight() > 0) pool_.take();
    while (!errors_.empty() && errors_behind_.back() > batch->source_index) {
      errors_.pop_back();
      errors_behind_.pop_back();
    }
    sources_.resize(batch->source_index + 1);
  }
  place(*batch);
  return batch;
}

void Intake::place(Batch& batch) {
  SourceCount& count = sources_[batch.source_index];
  batch.place(count.lines, events_);
  events_ += batch.rows();
  count.lines += batch.lines;
  count.events += batch.rows();
  count.empty += batch.empty;
  count.bad += batch.bad.size();
  for (const BadRecord& record : batch.bad) {
    ++count.bad_reasons[static_cast<std::size_t>(record.reason)];
  }
  count.to_offset = options_.stop_at_bad && !batch.bad.empty()
                        ? batch.block.offset_of(batch.bad.front().at)
                        : batch.block.end_offset();
  report_bad(batch);
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
  const bool nothing_to_read =
      stopped_ || (!input_ && next_path_ == options_.paths.size());
  return nothing_to_read && !ready_ && pool_.in_flight() == 0;
}

bool Intake::waits_for_input() const {
  return would_block_ && !stopped_ && !ready_ && pool_.in_flight() == 0;
}

int Intake::poll_fd() const { return would_block_ && !stopped_ ? input_->poll_fd() : -1; }

void Intake::stop() { stopped_ = true; }

std::uint64_t Intake::consumed() const {
  return closed_bytes_ + (input_ ? input_->consumed() : 0);
}

}  // namespace mlmon
