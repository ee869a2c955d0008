#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/kafka/kafka_settings.h"
#include "core/kafka/partition_log.h"
#include "core/result.h"

struct rd_kafka_s;
struct rd_kafka_topic_partition_list_s;

namespace mlmon {

/// Who hears what librdkafka tells of connections. Called from the thread that polls it.
class KafkaListener {
 public:
  virtual ~KafkaListener() = default;
  virtual void on_trouble(bool all_down, const std::string& reason) = 0;

  /// Of a member of a group: partitions are given to it, or taken back, and the consumer waits for its answer.
  virtual void on_group(bool given, const rd_kafka_topic_partition_list_s& partitions) = 0;
};

using KafkaHandle = std::unique_ptr<rd_kafka_s, void (*)(rd_kafka_s*)>;
using KafkaPartitions = std::unique_ptr<rd_kafka_topic_partition_list_s,
                                        void (*)(rd_kafka_topic_partition_list_s*)>;

/// A consumer of librdkafka with the settings. The listener outlives it.
Result<KafkaHandle> open_kafka(const KafkaSettings& settings, KafkaListener& listener);

KafkaPartitions make_kafka_partitions();

inline std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point last) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(last - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

/// What a topic is made of, or why nobody knows.
struct TopicLook {
  enum class Kind {
    kFound,
    kMissing,  // there is no such topic
    kRefused,  // it may not be read: `error`
    kUnknown,  // nobody answers, or not yet: `error`
  };
  Kind kind = Kind::kUnknown;
  std::vector<FoundPartition> partitions;  // with a leader; without their ends
  std::vector<FoundPartition> leaderless;  // of these nobody can say anything now
  std::string error;
};

// These wait for an answer, at most so long. Any thread.

TopicLook look_at_topic(rd_kafka_s* kafka, const std::string& topic, std::chrono::milliseconds most);

/// Fills in where the partitions begin and end.
Result<void> look_at_ends(rd_kafka_s* kafka, std::vector<FoundPartition>& partitions,
                          std::chrono::milliseconds most);

/// A broker answers.
bool answers(rd_kafka_s* kafka, std::chrono::milliseconds most);

}  // namespace mlmon
