#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace mlmon {

/// A partition of a topic, as it was when it was looked at.
struct FoundPartition {
  std::string topic;
  std::int32_t number = 0;
  std::uint64_t begin = 0, end = 0;  // of the records that are there
  bool came_later = false;           // it was not there when the log was looked at first
  std::uint64_t stops_at = 0;        // given to a member of a group: where it ended when that looked first
};

/// A place in a partition that is read. `partition`: its index, as the reader gave it.
struct LogPlace {
  std::size_t partition = 0;
  std::uint64_t offset = 0;
};

struct LogRecord {
  LogPlace place;
  std::string_view value;  // empty: also a tombstone
};

/// What has come of a log since it was asked last.
struct LogNews {
  std::vector<FoundPartition> found;  // new, to be begun; by a member of a group once they are given to it

  // Of a member of a group: what its coordinator has given to it and taken back. Until answer_group() nobody else gets
  // what was taken back, and nothing comes of what was given. A partition that nobody could say anything of comes later
  // than the others, and is to be started like one that is new.
  std::vector<FoundPartition> given;
  std::vector<std::pair<std::string, std::int32_t>> taken_back;
  bool group_waits = false;  // for answer_group(), also where both are empty
  bool all_found = false;             // every topic has been looked at
  std::vector<LogRecord> records;     // of each partition in order; the values hold until the log is asked again
  std::vector<LogPlace> ends;         // after the records: in the partition nothing stands from there on for now

  /// The place that was to be read is no longer there: what the partition has now.
  struct Gone {
    std::size_t partition;
    std::uint64_t begin, end;
  };
  std::vector<Gone> gone;

  struct Failed {
    std::size_t partition;
    Error error;
  };
  std::vector<Failed> failed;        // partitions that cannot be read on
  std::vector<Error> failures;       // for good
  std::vector<Error> troubles;       // that are tried again
  std::vector<Error> remarks;        // that a person should know
  bool over = false;                 // nothing more will come

  void clear();
};

/// A place in a partition with its name, whether the log has been told to read it or not.
struct NamedPlace {
  std::size_t partition = 0;  // the index by which the reader knows it
  std::string topic;
  std::int32_t number = 0;
  std::uint64_t offset = 0;
};

/// Topics whose partitions are read, each in order, from any place: Kafka, or one in memory for tests. Finds
/// them by itself and holds a bounded amount of records. Belongs to one thread.
class PartitionLog {
 public:
  virtual ~PartitionLog() = default;

  /// What has come, at most `most` records, without waiting. Valid until the next call.
  virtual const LogNews& take(std::size_t most) = 0;

  /// Reads these from now on; those that are read already go on at the new place. Of a member of a group they were
  /// given to it.
  virtual void start(const std::vector<NamedPlace>& starts) = 0;

  /// What the group's coordinator said is done; `starts`: where those begin that were given.
  virtual void answer_group(const std::vector<NamedPlace>& starts) { start(starts); }

  /// No more of this partition is wanted.
  virtual void stop(std::size_t partition) = 0;

  /// Tells whoever watches the log from outside how far it was read. May fail silently.
  virtual void note_places(const std::vector<NamedPlace>& places) = 0;

  /// Readable when there may be something to take.
  virtual int poll_fd() const = 0;
};

/// `kafka://TOPIC/PARTITION`: the name of a source.
std::string partition_name(const std::string& topic, std::int32_t number);

}  // namespace mlmon
