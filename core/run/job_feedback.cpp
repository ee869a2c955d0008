#include "core/run/job_feedback.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/text/json_text.h"

namespace mlmon {
namespace {

std::string job_event(const JobEnd& end, const Model& model) {
  std::string json = R"({"type":"job","model":)";
  append_model_json(json, model);
  json += R"(,"job":)";
  append_json_string(json, end.job);
  json += R"(,"status":)";
  append_json_string(json, end.status);
  json += R"(,"at":")" + format_rfc3339(from_unix_ns(end.at_ns)) + '"';
  if (!end.note.empty()) {
    json += R"(,"note":)";
    append_json_string(json, end.note);
  }
  return json + "}";
}

}  // namespace

JobFeedback::JobFeedback(JobStore& store, ModelTable& models, const EventRules& rules)
    : store_(store),
      models_(models),
      events_(std::in_place, models, rules),
      name_(std::make_shared<const std::string>("jobs")) {}

Result<void> JobFeedback::replay() {
  replaying_ = true;
  Result<std::vector<JournalEntry>> journal = store_.journal();
  if (!journal) return journal.error();
  for (JournalEntry& entry : *journal) {
    const auto batch = events_->batch_of(entry.json + "\n", name_, 0);
    if (batch->rows() == 0) continue;  // told under other rules
    const std::uint32_t model = batch->model[0];
    waiting_[model].push_back({std::move(entry), model, false});
  }
  return {};
}

Result<std::vector<Piece>> JobFeedback::pieces_of(std::shared_ptr<const Batch> batch,
                                                  std::shared_ptr<BookedSource> source) {
  std::vector<Piece> pieces;
  std::uint32_t first = 0;
  if (!waiting_.empty()) {
    if (const auto opened = open(*batch, source); !opened) return opened.error();
  }
  for (std::uint32_t row = 0; row < batch->rows() && !waiting_.empty(); ++row) {
    std::vector<JournalEntry> due = due_before(*batch, row);
    if (due.empty()) continue;
    if (row > first) {
      pieces.push_back({batch, first, row, false, source, {}});
      last_seq_ = batch->seq_of(row - 1);
    }
    pieces.push_back(piece_of(std::move(due)));
    pieces.back().told.clear();  // it is in the journal already
    first = row;
  }
  if (batch->rows() > 0) last_seq_ = batch->seq_of(batch->rows() - 1);
  pieces.push_back({batch, first, batch->rows(), true, std::move(source), {}});
  return pieces;
}

/// Learns how far the source had been read when each entry was told.
Result<void> JobFeedback::open(const Batch& batch, const std::shared_ptr<BookedSource>& source) {
  if (batch.source_index == open_source_) return {};
  open_source_ = batch.source_index;
  told_places_.clear();
  if (!source) return {};
  auto places = source->known.row != 0 ? store_.told_places(source->known.row)
                                       : Result<std::vector<ToldPlace>>(std::vector<ToldPlace>());
  if (!places) return places.error();
  told_places_ = std::move(*places);
  if (told_places_.empty()) told_places_.push_back({std::numeric_limits<std::int64_t>::max(), 0});
  return {};
}

/// The entries of the row's model that were told before anybody had seen this event.
std::vector<JournalEntry> JobFeedback::due_before(const Batch& batch, std::uint32_t row) {
  std::vector<JournalEntry> due;
  const auto found = waiting_.find(batch.model[row]);
  if (found == waiting_.end()) return due;
  std::vector<Waiting>& waiting = found->second;
  std::size_t told = 0;
  while (told < waiting.size() && !had_seen(batch, row, waiting[told].entry.number)) {
    due.push_back(std::move(waiting[told++].entry));
  }
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(told));
  for (Waiting& one : waiting) one.met = true;
  if (waiting.empty()) waiting_.erase(found);
  return due;
}

/// The event had been handed out when the entry was told. What is not kept may have been.
bool JobFeedback::had_seen(const Batch& batch, std::uint32_t row, std::int64_t entry) const {
  if (told_places_.empty()) return true;
  const auto place = std::lower_bound(told_places_.begin(), told_places_.end(), entry,
                                      [](const ToldPlace& at, std::int64_t number) {
                                        return at.entry < number;
                                      });
  return batch.offset[row] < place->offset;
}

std::vector<Piece> JobFeedback::at_end() {
  replaying_ = false;
  std::vector<JournalEntry> left;
  for (auto& [model, waiting] : waiting_) {
    for (Waiting& one : waiting) {
      if (one.met) left.push_back(std::move(one.entry));
    }
  }
  waiting_.clear();
  if (left.empty()) return {};
  std::sort(left.begin(), left.end(),
            [](const JournalEntry& a, const JournalEntry& b) { return a.number < b.number; });
  std::vector<Piece> pieces;
  pieces.push_back(piece_of(std::move(left)));
  pieces.back().told.clear();
  return pieces;
}

Result<std::vector<Piece>> JobFeedback::poll(std::int64_t now_ns, bool busy,
                                             const std::function<std::size_t(std::int64_t row)>& source_of) {
  std::vector<Piece> pieces;
  const bool first = looked_at_ns_ < 0;
  if (!first && (busy || now_ns < next_poll_ns())) return pieces;
  looked_at_ns_ = now_ns;
  const Result<bool> changed = store_.changed();
  if (!changed) return changed.error();
  if (!*changed) return pieces;
  news_ = true;
  const auto ends = store_.untold_ends(models_);
  if (!ends) return ends.error();
  std::map<std::size_t, std::vector<JournalEntry>> entries;  // by source
  for (const auto& [end, model, partition] : *ends) {
    const std::size_t source = source_of(partition);
    if (source == kNowhere || !told_.emplace(end.job, end.at_ns).second) continue;
    entries[source].push_back({0, end.job, end.at_ns, job_event(end, models_.at(model))});
  }
  for (auto& [source, told] : entries) pieces.push_back(piece_of(std::move(told), source));
  return pieces;
}

/// Right after what was put into pieces before.
Piece JobFeedback::piece_of(std::vector<JournalEntry> entries, std::size_t source) {
  std::string lines;
  for (const JournalEntry& entry : entries) lines += entry.json + "\n";
  Piece piece;
  std::shared_ptr<Batch> batch = events_->batch_of(lines, name_, last_seq_ + 1);
  batch->source_index = source;
  piece.batch = std::move(batch);
  piece.end = piece.batch->rows();
  piece.told = std::move(entries);
  last_seq_ += piece.end;
  return piece;
}

std::vector<ReportedEnd> JobFeedback::reported(const Batch& batch, std::uint32_t first, std::uint32_t end) {
  std::vector<ReportedEnd> ends;
  for (const JobRecord& job : batch.jobs) {
    if (job.row < first || job.row >= end) continue;
    ends.push_back({{job.job, job.status, job.note, batch.time_ns[job.row]},
                    batch.model[job.row], batch.seq_of(job.row), 0});
  }
  return ends;
}

}  // namespace mlmon
