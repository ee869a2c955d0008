#include "core/run/job_feedback.h"

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

JobFeedback::JobFeedback(Store& store, ModelTable& models, const EventRules& rules)
    : store_(store),
      models_(models),
      events_(models, rules),
      source_(std::make_shared<const std::string>("jobs")) {}

Result<std::shared_ptr<const Batch>> JobFeedback::untold(
    std::uint64_t seq, std::vector<JournalEntry>& journal) {
  const auto ends = store_.untold_ends(models_);
  if (!ends) return ends.error();
  std::string lines;
  for (const auto& [end, model] : *ends) {
    if (!told_.emplace(end.job, end.at_ns).second) continue;
    std::string json = job_event(end, models_.at(model));
    lines += json + "\n";
    journal.push_back({JournalEntry::kNoSource, 0, end.job, end.at_ns, std::move(json)});
  }
  if (lines.empty()) return std::shared_ptr<const Batch>();
  return std::shared_ptr<const Batch>(events_.batch_of(lines, source_, seq));
}

std::shared_ptr<const Batch> JobFeedback::again(std::uint64_t seq,
                                                const std::vector<JournalEntry>& entries) {
  std::string lines;
  for (const JournalEntry& entry : entries) lines += entry.json + "\n";
  return events_.batch_of(lines, source_, seq);
}

std::vector<JobEnd> JobFeedback::reported(const Batch& batch, std::uint32_t first,
                                          std::uint32_t end) {
  std::vector<JobEnd> ends;
  for (const JobRecord& job : batch.jobs) {
    if (job.row < first || job.row >= end) continue;
    ends.push_back({job.job, job.status, job.note, batch.time_ns[job.row]});
  }
  return ends;
}

}  // namespace mlmon
