#include "core/event/batch.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace mlmon {

void Batch::clear() {
  clear_events();
  records.clear();
  of_log = has_long_lines = false;
  log_lines = 0;
  source.reset();
  source_index = 0;
  turn = 0;
  first_seq = 0;
  host_made = derived = catch_up = continues_line = false;
  end = {};
}

void Batch::clear_events() {
  time_ns.clear();
  model.clear();
  kind.clear();
  for (auto* figures : {&accuracy, &precision, &recall, &f1, &p_value, &magnitude}) figures->clear();
  samples.clear();
  plain.clear();
  line.clear();
  offset.clear();
  raw_off.clear();
  raw_len.clear();
  projected.clear();
  jobs.clear();
  bad.clear();
  lines = 0;
  empty = 0;
  foreign.clear();
}

std::string_view Batch::text_read() const {
  const std::uint64_t begin = block.offset + block.skipped;
  if (block.too_long || end.offset < begin) return {};
  return block.text().substr(0, end.offset - begin);
}

void Batch::cut_at_first_bad() {
  if (bad.empty()) return;
  bad.resize(1);
  std::size_t rows_before = 0;
  while (rows_before < raw_off.size() && raw_off[rows_before] < bad[0].at) ++rows_before;
  time_ns.resize(rows_before);
  model.resize(rows_before);
  kind.resize(rows_before);
  for (auto* figures : {&accuracy, &precision, &recall, &f1, &p_value, &magnitude}) {
    figures->resize(rows_before);
  }
  samples.resize(rows_before);
  plain.resize(rows_before);
  for (auto* places : {&line, &offset}) places->resize(rows_before);
  for (auto* raws : {&raw_off, &raw_len}) raws->resize(rows_before);
  projected.cut(rows_before);
  while (!jobs.empty() && jobs.back().row >= rows_before) jobs.pop_back();
  lines = bad[0].line;
  foreign.erase(std::lower_bound(foreign.begin(), foreign.end(), lines), foreign.end());
  empty = lines - 1 - rows_before - foreign.size();
}

void Batch::keep_rows(const std::vector<std::uint32_t>& kept) {
  const auto keep = [&](auto& column) {
    for (std::size_t i = 0; i < kept.size(); ++i) column[i] = column[kept[i]];
    column.resize(kept.size());
  };
  keep(time_ns);
  for (auto* numbers : {&model, &kind, &raw_off, &raw_len}) keep(*numbers);
  for (auto* figures : {&accuracy, &precision, &recall, &f1, &p_value, &magnitude}) keep(*figures);
  keep(samples);
  keep(plain);
  for (auto* places : {&line, &offset}) keep(*places);
  projected.keep_rows(kept);
  const auto row_of = [&](std::uint32_t row) {
    return std::lower_bound(kept.begin(), kept.end(), row);
  };
  std::erase_if(jobs, [&](const JobRecord& job) {
    const auto at = row_of(job.row);
    return at == kept.end() || *at != job.row;
  });
  for (JobRecord& job : jobs) {
    job.row = static_cast<std::uint32_t>(row_of(job.row) - kept.begin());
  }
}

void Batch::append(const Event& event, std::uint32_t model_handle, std::uint32_t at,
                   std::uint32_t size, std::uint64_t line_in_block,
                   std::uint64_t offset_in_source) {
  if (event.kind == kJob) {
    jobs.push_back({rows(), std::string(event.job), std::string(event.status),
                    std::string(event.note)});
  }
  time_ns.push_back(event.time_ns);
  model.push_back(model_handle);
  kind.push_back(event.kind);
  accuracy.push_back(event.accuracy);
  precision.push_back(event.precision);
  recall.push_back(event.recall);
  f1.push_back(event.f1);
  p_value.push_back(event.p_value);
  magnitude.push_back(event.magnitude);
  samples.push_back(event.samples);
  plain.push_back(event.plain ? 1 : 0);
  line.push_back(line_in_block);
  offset.push_back(offset_in_source);
  raw_off.push_back(at);
  raw_len.push_back(size);
}

void Batch::place(std::uint64_t lines_before, std::uint64_t events_before) {
  first_seq = (events_before + 1) * kSeqStep;
  if (of_log) return place_in_records();
  for (std::uint64_t& number : line) number += lines_before;
  for (BadRecord& record : bad) record.line += lines_before;
}

/// The record that a line belongs to.
const RecordAt& Batch::record_at(std::uint32_t at) const {
  const auto behind = std::upper_bound(records.begin(), records.end(), at,
                                       [](std::uint32_t place, const RecordAt& record) { return place < record.at; });
  return *std::prev(behind);
}

void Batch::place_in_records() {
  auto record = records.begin();
  const auto line_in_record = [&](std::uint32_t at, std::uint64_t line_in_block) {
    while (std::next(record) != records.end() && std::next(record)->at <= at) ++record;
    return line_in_block - record->lines_before + record->lines_left;
  };
  for (std::uint32_t row = 0; row < rows(); ++row) {
    line[row] = line_in_record(raw_off[row], line[row]);
    offset[row] = record->offset;
  }
  record = records.begin();
  for (BadRecord& one : bad) one.line = line_in_record(one.at, one.line);
}

std::uint64_t Batch::offset_at(std::uint32_t at) const {
  return of_log ? record_at(at).offset : block.offset_of(at);
}

SourcePlace Batch::place_before(const BadRecord& bad_line) const {
  const RecordAt& record = record_at(bad_line.at);
  return {record.offset, bad_line.line - record.lines_before + record.lines_left - 1, false};
}

struct BatchPool::Free {
  std::mutex mutex;
  std::vector<std::unique_ptr<Batch>> batches;
};

std::shared_ptr<BatchPool::Free> BatchPool::make_free() { return std::make_shared<Free>(); }

std::shared_ptr<Batch> BatchPool::take() {
  std::unique_ptr<Batch> batch;
  {
    const std::lock_guard lock(free_->mutex);
    if (!free_->batches.empty()) {
      batch = std::move(free_->batches.back());
      free_->batches.pop_back();
    }
  }
  if (!batch) batch = std::make_unique<Batch>();
  batch->clear();
  return {batch.release(), [free = free_](Batch* used) {
            std::unique_ptr<Batch> owned(used);
            const std::lock_guard lock(free->mutex);
            free->batches.push_back(std::move(owned));
          }};
}

}  // namespace mlmon
