#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/event/batch.h"
#include "core/event/models.h"
#include "core/run/dispatcher.h"
#include "core/run/host_events.h"
#include "core/store/checkpoint.h"
#include "core/store/job_store.h"

namespace mlmon {

/// The stage between intake and dispatcher that puts ends of jobs among the events, as events of type `job`:
/// those that people and trainers closed, after all that has been handed out; and, when files are read again,
/// those of the journal, each after the events of its model that had been seen when it was told.
///
/// Belongs to the pipeline's thread.
class JobFeedback {
 public:
  /// However little is known of changes, the store is asked for ends so often.
  static constexpr std::int64_t kLookEveryNs = 400'000'000;

  JobFeedback(JobStore& store, ModelTable& models, const EventRules& rules);

  /// Other rules hold for what comes from here on.
  void use(const EventRules& rules) { events_.emplace(models_, rules); }

  /// Files are read again: the journal is to be told once more. Before the first batch.
  Result<void> replay();

  /// The pieces in which a batch is to be handed out. `source`: of the batch; null: one that is not kept.
  Result<std::vector<Piece>> pieces_of(std::shared_ptr<const Batch> batch,
                                       std::shared_ptr<BookedSource> source);

  /// All that is read again has been: what is left of the journal.
  std::vector<Piece> at_end();
  bool replaying() const { return replaying_; }

  /// What was handed out is forgotten: it may be to be told again.
  void forget() { told_.clear(); }

  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  /// Ends that no observer was told yet, once it is time to look for them again. `busy`: the store would
  /// keep us waiting. `source_of`: the index of the source in a row of the store; kNowhere: it is not this run's, nor
  /// are such ends. REQUIRES: !replaying().
  Result<std::vector<Piece>> poll(std::int64_t now_ns, bool busy,
                                  const std::function<std::size_t(std::int64_t row)>& source_of);
  /// True: poll() has seen, since this was asked last, that somebody else has changed the store.
  bool take_news() { return std::exchange(news_, false); }
  std::int64_t next_poll_ns() const { return looked_at_ns_ + kLookEveryNs; }

  /// The ends that job events of the input tell, in rows [first, end).
  static std::vector<ReportedEnd> reported(const Batch& batch, std::uint32_t first, std::uint32_t end);

 private:
  /// An entry of the journal that is still to be told again.
  struct Waiting {
    JournalEntry entry;
    std::uint32_t model = 0;
    bool met = false;  // an event of its model, that had been seen when it was told
  };

  Result<void> open(const Batch& batch, const std::shared_ptr<BookedSource>& source);
  std::vector<JournalEntry> due_before(const Batch& batch, std::uint32_t row);
  bool had_seen(const Batch& batch, std::uint32_t row, std::int64_t entry) const;
  Piece piece_of(std::vector<JournalEntry> entries, std::size_t source = 0);

  JobStore& store_;
  ModelTable& models_;
  std::optional<HostEvents> events_;
  const std::shared_ptr<const std::string> name_;  // of the source that they stand in
  std::uint64_t last_seq_ = 0;                     // of what was put into pieces

  bool replaying_ = false;
  std::unordered_map<std::uint32_t, std::vector<Waiting>> waiting_;  // by model, in order
  std::size_t open_source_ = static_cast<std::size_t>(-1);
  std::vector<ToldPlace> told_places_;  // of that; empty: one that is not kept

  std::int64_t looked_at_ns_ = -kLookEveryNs;
  bool news_ = false;
  std::set<std::pair<std::string, std::int64_t>> told_;  // jobs and when they ended, in this run
};

}  // namespace mlmon
