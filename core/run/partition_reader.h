#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/kafka/kafka_settings.h"
#include "core/kafka/partition_log.h"
#include "core/run/record_source.h"
#include "core/run/source_book.h"

namespace mlmon {

/// Reads all partitions of a log, each from the place that the book has, and makes batches of their records.
/// A batch is of one partition and ends between two records. Without `follow` a partition is read up to where
/// it ended when it was found.
///
/// As a member of a group it reads the partitions that the group's coordinator has given to it, once somebody has
/// claimed them for it: see wants_regroup(). Without `follow` it ends when all partitions are read up to where they
/// ended, by whichever member: one that dies leaves its own to the others.
class PartitionReader final : public RecordSource {
 public:
  /// `book`: null where nothing is kept between runs. `max_line` in bytes.
  PartitionReader(std::unique_ptr<PartitionLog> log, const KafkaSettings& settings, SourceBook* book,
                  std::uint64_t max_line);

  Fill next(Batch& batch, std::vector<Source>& sources) override;
  int poll_fd() const override { return log_->poll_fd(); }
  bool caught_up() const override { return failed_ || (knows_all() && behind_ == 0); }
  bool ended() const override;
  std::uint64_t consumed() const override { return consumed_; }
  void committed(const std::vector<Source>& sources) override;
  std::vector<Error> errors() const override { return errors_; }

  // Of a member of a group. Between two events, with nothing under way, the partitions in leaving() are let go; then
  // those in coming() are claimed and taken over; then regrouped() is called.
  bool wants_regroup() const override;
  std::vector<std::size_t> leaving() const;  // sources
  const std::vector<FoundPartition>& coming() const { return coming_; }

  /// The partition as the state is to have it, if it does not know it.
  KnownSource wanted(const FoundPartition& found) const;

  /// The index of its source, which is there from now on.
  std::size_t source_of(const FoundPartition& found, std::vector<Source>& sources);

  /// Reads a claimed partition from where the state has it.
  void take_over(const FoundPartition& found, const KnownSource& known, std::vector<Source>& sources);
  void regrouped(std::vector<Source>& sources);

  /// Another run has claimed some of what this one reads: it lets go of all, and asks for what is still its after a
  /// moment, when the coordinator has had the time to say so.
  void lose_all(std::vector<Source>& sources);

 private:
  struct Partition {
    std::size_t source = 0;  // index
    std::string topic;
    std::int32_t number = 0;
    std::shared_ptr<const std::string> name;
    SourcePlace next;      // what is to be read next
    SourcePlace start;     // where it is new for all observers: at `next` or behind it
    std::uint64_t end = 0;  // of the partition as it was found
    bool reached = false;   // that end
    bool stopped = false;   // nothing more is taken of it
    bool given = true;               // this run's, of a group
    std::uint64_t turn = 0;          // see Source::turn
    std::uint64_t noted = 0;         // the place that the log was told of
    std::vector<std::uint32_t> due;  // records of the news, in order
    std::size_t taken = 0;           // of them
  };

  /// Where a partition goes on.
  struct Start {
    std::shared_ptr<BookedSource> booked;  // null: nothing is kept
    SourcePlace first, all;  // for the observer that is behind most; for all of them
    bool known = false;      // an earlier run has read it
    bool to_be_kept = false;  // the place, though nothing may come
  };

  bool take_news(std::vector<Source>& sources);
  void begin(const FoundPartition& found, std::vector<Source>& sources);
  Result<Start> start_of(const FoundPartition& found, const std::string& name);
  Result<void> check_place(Start& start, const FoundPartition& found, const std::string& name);
  void go_on(const LogNews::Gone& gone);
  bool fill(Batch& batch);
  bool fill_from(std::size_t index, Batch& batch);
  bool append(Partition& partition, const LogRecord& record, Batch& batch);
  void take_ends();
  void take_group_news();
  void find_coming();
  void look_at_others();
  Partition* partition_named(const std::string& name);
  void leave(Partition& partition, std::vector<Source>& sources);
  std::size_t add(const FoundPartition& found, std::vector<Source>& sources);
  std::size_t index_of(const FoundPartition& found, std::vector<Source>& sources);
  void place(std::size_t index, const Start& start, std::uint64_t end, std::vector<Source>& sources);
  bool knows_all() const { return settings_.grouped ? was_given_any_ && coming_.empty() : all_found_; }
  void label(const Partition& partition, Batch& batch) const;
  void reach_end(std::size_t index);
  void stop(std::size_t index);
  void fail(const Error& error);
  void warn_lost(const std::string& name, std::uint64_t from, std::uint64_t begin) const;

  const std::unique_ptr<PartitionLog> log_;
  const KafkaSettings settings_;
  SourceBook* const book_;
  const std::uint64_t max_line_;

  std::vector<Partition> partitions_;
  std::unordered_map<std::string, std::size_t> by_name_;  // of these
  const LogNews* news_ = nullptr;
  bool ends_due_ = false;          // those of the news
  std::deque<std::size_t> due_;    // partitions with records in the news, in the order in which they came
  std::deque<std::size_t> moved_;  // whose place is to be kept, without a record
  std::size_t behind_ = 0;         // partitions that have not reached their end
  bool all_found_ = false, over_ = false, failed_ = false;
  std::uint64_t consumed_ = 0;
  std::vector<Error> errors_;

  // Of a member of a group.
  std::map<std::string, FoundPartition> given_;  // as the coordinator has said last, by name
  std::vector<FoundPartition> coming_;           // of these, what is not read yet
  std::vector<NamedPlace> starts_;               // of what was taken over
  std::vector<FoundPartition> others_;           // that are not known to be read up to their end
  std::chrono::steady_clock::time_point look_at_others_{};  // not before
  bool group_waits_ = false, was_given_any_ = false;
  std::chrono::steady_clock::time_point not_before_{};  // what was lost is not asked for before
};

}  // namespace mlmon
