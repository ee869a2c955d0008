#include "core/run/job_feedback.h"

#include <catch2/catch.hpp>

#include "core/store/job_queue.h"
#include "core/store/sql_store.h"
#include "core/store/state_schema.h"
#include "tests/core/run_fixture.h"
#include "tests/core/test_state.h"

using namespace mlmon;

namespace {

/// A state folder in which jobs were requested, and the feedback of a run on it.
class Feedback {
 public:
  Feedback() : queue(open(), clock_) {
    store_ = open_store_at(place_);
    jobs.emplace(*store_, models, rules_);
  }

  void request(const std::string& id, const std::string& model) {
    const std::string json = R"({"action":"retrain","id":")" + id + "\"}";
    NewAction action;
    action.id = id;
    action.json = json;
    action.model = models.intern(model, "1.0.0", {1'767'225'600, 0});
    action.job = true;
    Checkpoint checkpoint;
    checkpoint.actions = {action};
    REQUIRE(store_->commit(checkpoint, models).ok());
  }

  void close(const std::string& id, const std::string& status, const std::string& note = "") {
    clock_.ns += 1'000'000'000;
    REQUIRE(queue.close(id, status, note, std::nullopt).ok());
  }

  /// What was told is in the store.
  void commit() {
    Checkpoint checkpoint;
    checkpoint.told = {{journal, {}}};
    REQUIRE(store_->commit(checkpoint, models).ok());
    journal.clear();
  }

  /// The statuses that nobody was told yet.
  std::string untold_statuses() {
    const auto batch = untold();
    std::string statuses;
    for (std::size_t i = 0; batch != nullptr && i < batch->jobs.size(); ++i) statuses += batch->jobs[i].status + " ";
    return statuses;
  }

  /// Ends that nobody was told yet; null: there are none.
  std::shared_ptr<const Batch> untold() {
    clock_.ns += JobFeedback::kLookEveryNs;
    auto pieces = jobs->poll(clock_.ns, false, [](std::int64_t) { return std::size_t{0}; });
    REQUIRE(pieces.ok());
    if (pieces->empty()) return nullptr;
    REQUIRE(pieces->size() == 1);
    journal.insert(journal.end(), pieces->front().told.begin(), pieces->front().told.end());
    return pieces->front().batch;
  }

  std::shared_ptr<const Batch> batch(const std::string& text, std::uint64_t events_before) {
    auto batch = std::make_shared<Batch>();
    batch->block.buffer.assign(text.begin(), text.end());
    batch->block.buffer.resize(text.size() + RawBlock::kPadding);
    batch->block.size = text.size();
    BlockParser({}, models, 1 << 20).parse(*batch);
    batch->place(0, events_before);
    return batch;
  }

  static std::vector<std::string> lines(const Batch& batch) {
    std::vector<std::string> texts;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
      texts.emplace_back(batch.block.text().substr(batch.raw_off[row], batch.raw_len[row]));
    }
    return texts;
  }

  ModelTable models;
  std::optional<JobFeedback> jobs;
  std::vector<JournalEntry> journal;

 private:
  Database open() {
    auto database = open_state_database(place_, true);
    REQUIRE(database.ok());
    return std::move(*database);
  }

  const TemporaryFolder folder_;
  const std::string place_ = new_state_place(folder_.path(""));
  FakeClock clock_;
  const EventRules rules_;
  std::unique_ptr<Store> store_;

 public:
  JobQueue queue;
};

}  // namespace

TEST_CASE("ends that nobody was told become events of type job, in the order of the jobs") {
  Feedback feedback;
  for (const char* id : {"A", "B", "C", "D"}) feedback.request(id, std::string("m-") + id);
  CHECK(feedback.untold() == nullptr);
  feedback.close("C", "failed", "no \"data\"\n");
  feedback.close("A", "done");
  feedback.close("D", "cancelled");
  const auto batch = feedback.untold();
  REQUIRE(batch != nullptr);
  CHECK(batch->host_made);
  CHECK_FALSE(batch->counted());
  CHECK(batch->bad.empty());
  REQUIRE(batch->rows() == 3);
  for (std::uint32_t row = 0; row < 3; ++row) {
    CHECK(batch->kind[row] == kJob);
    CHECK(feedback.models.at(batch->model[row]).name == std::string("m-") + "ACD"[row]);
    CHECK(feedback.journal.at(row).job == std::string(1, "ACD"[row]));
    CHECK(feedback.journal[row].json == Feedback::lines(*batch)[row]);
  }
  const std::string failed = Feedback::lines(*batch)[1];
  CHECK(failed.find(R"("job":"C")") != std::string::npos);
  CHECK(failed.find(R"("status":"failed")") != std::string::npos);
  CHECK(failed.find(R"("note":"no \"data\"\n")") != std::string::npos);
}

TEST_CASE("an end is told once in a run, and again if the job was put back and ended again") {
  Feedback feedback;
  feedback.request("A", "m");
  feedback.close("A", "failed");
  CHECK(feedback.untold() != nullptr);
  CHECK(feedback.untold() == nullptr);
  REQUIRE(feedback.queue.retry("A").ok());
  CHECK(feedback.untold() == nullptr);
  feedback.close("A", "done");
  const auto batch = feedback.untold();
  REQUIRE(batch != nullptr);
  CHECK(Feedback::lines(*batch)[0].find("done") != std::string::npos);
  CHECK(feedback.journal.size() == 2);
}

TEST_CASE("a job that is put back after its end was told is told to be open again, once") {
  Feedback feedback;
  feedback.request("A", "m");
  feedback.close("A", "failed", "oops");
  CHECK(feedback.untold_statuses() == "failed ");
  feedback.commit();
  REQUIRE(feedback.queue.retry("A").ok());
  const auto batch = feedback.untold();
  REQUIRE(batch != nullptr);
  CHECK(batch->bad.empty());
  REQUIRE(batch->jobs.size() == 1);
  CHECK(batch->jobs[0].job == "A");
  CHECK(batch->jobs[0].status == "queued");
  CHECK(batch->jobs[0].note == "");
  REQUIRE(feedback.queue.claim("", "w", 1'000'000'000).ok());
  CHECK(feedback.untold_statuses() == "");
  feedback.commit();
  feedback.jobs->forget();
  CHECK(feedback.untold_statuses() == "");
  feedback.close("A", "done");
  CHECK(feedback.untold_statuses() == "done ");
}

TEST_CASE("a job that is put back before its end was told was open all the time") {
  Feedback feedback;
  feedback.request("A", "m");
  feedback.close("A", "failed");
  REQUIRE(feedback.queue.retry("A").ok());
  CHECK(feedback.untold_statuses() == "");
}

TEST_CASE("of a job that was put back and ends before that was told, the end is told") {
  Feedback feedback;
  feedback.request("A", "m");
  feedback.close("A", "failed");
  CHECK(feedback.untold_statuses() == "failed ");
  feedback.commit();
  REQUIRE(feedback.queue.retry("A").ok());
  feedback.close("A", "cancelled");
  CHECK(feedback.untold_statuses() == "cancelled ");
  feedback.commit();
  REQUIRE(feedback.queue.retry("A").ok());
  CHECK(feedback.untold_statuses() == "queued ");
  feedback.close("A", "done");  // before the checkpoint with that
  feedback.commit();
  CHECK(feedback.untold_statuses() == "done ");
}

TEST_CASE("a job that is put back between the telling of its end and the checkpoint is told to be open again") {
  Feedback feedback;
  feedback.request("A", "m");
  feedback.close("A", "failed");
  CHECK(feedback.untold_statuses() == "failed ");
  REQUIRE(feedback.queue.retry("A").ok());
  CHECK(feedback.untold_statuses() == "");
  feedback.commit();
  CHECK(feedback.untold_statuses() == "queued ");
  feedback.commit();
  CHECK(feedback.untold_statuses() == "");

  feedback.close("A", "failed");
  CHECK(feedback.untold_statuses() == "failed ");
  REQUIRE(feedback.queue.retry("A").ok());
  REQUIRE(feedback.queue.close("A", "failed", "", std::nullopt).ok());  // within the same instant
  feedback.commit();
  CHECK(feedback.untold_statuses() == "failed ");
}

TEST_CASE("that a job was put back comes again when files are read again, and is no line of the input") {
  Feedback feedback;
  feedback.request("A", "m");
  feedback.close("A", "failed");
  CHECK(feedback.untold_statuses() == "failed ");
  feedback.commit();
  REQUIRE(feedback.queue.retry("A").ok());
  const auto queued = feedback.untold();
  REQUIRE(queued != nullptr);
  feedback.commit();
  REQUIRE(feedback.jobs->replay().ok());
  const auto input = feedback.batch(Feedback::lines(*queued)[0] + "\n", 0);
  CHECK(input->rows() == 0);
  REQUIRE(input->bad.size() == 1);
  CHECK(input->bad[0].reason == BadReason::kOutOfRange);
}

TEST_CASE("ends stand right after the events before them, and take no place from those that follow") {
  Feedback feedback;
  for (const char* id : {"A", "B", "C"}) feedback.request(id, "m");
  const auto first = feedback.batch(event_lines(2, 2), 0), second = feedback.batch(event_lines(2, 2), 2);
  REQUIRE(feedback.jobs->pieces_of(first, nullptr)->size() == 1);
  for (const char* id : {"A", "B", "C"}) feedback.close(id, "done");
  const auto ends = feedback.untold();
  REQUIRE(ends != nullptr);
  REQUIRE(ends->rows() == 3);
  REQUIRE(feedback.jobs->pieces_of(second, nullptr)->size() == 1);
  feedback.request("D", "m");
  feedback.close("D", "done");
  const auto last = feedback.untold();
  REQUIRE(last != nullptr);
  std::vector<std::uint64_t> seqs;
  for (const auto& batch : {first, ends, second, last}) {
    for (std::uint32_t row = 0; row < batch->rows(); ++row) seqs.push_back(batch->seq_of(row));
  }
  CHECK(std::is_sorted(seqs.begin(), seqs.end()));
  CHECK(std::adjacent_find(seqs.begin(), seqs.end()) == seqs.end());
  CHECK(seqs.size() == 8);
}

TEST_CASE("job events of the input are read as ends, within the rows that were asked for") {
  Feedback feedback;
  const std::string model =
      R"("model":{"name":"m","version":"1.0.0","deployed_at":"2026-01-01T00:00:00Z"})";
  std::string text = event_line(0, 0.5);
  for (const char* id : {"A", "B"}) {
    text += R"({"type":"job",)" + model + R"(,"job":")" + id +
            R"(","status":"failed","at":"1970-01-01T00:00:01Z","note":"é"})" + "\n";
  }
  Batch batch;
  batch.block.buffer.assign(text.begin(), text.end());
  batch.block.buffer.resize(text.size() + RawBlock::kPadding);
  batch.block.size = text.size();
  BlockParser({}, feedback.models, 1 << 20).parse(batch);
  REQUIRE(batch.rows() == 3);
  const auto ends = feedback.jobs->reported(batch, 0, 3);
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].end.job == "A");
  CHECK(ends[1].end.job == "B");
  CHECK(ends[1].end.status == "failed");
  CHECK(ends[1].end.note == "é");
  CHECK(ends[1].end.at_ns == 1'000'000'000);
  CHECK(ends[1].seq == batch.seq_of(2));
  CHECK(ends[1].model == batch.model[2]);
  CHECK(feedback.jobs->reported(batch, 0, 1).empty());
  CHECK(feedback.jobs->reported(batch, 2, 3).size() == 1);
}
