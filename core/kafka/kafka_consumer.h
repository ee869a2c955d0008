#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/kafka/kafka_client.h"
#include "core/kafka/kafka_scout.h"
#include "core/kafka/partition_log.h"

struct rd_kafka_message_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_s;

namespace mlmon {

/// Topics of Kafka, read by one consumer: it reads the partitions that it is told to, from the places that it is told.
/// As a member of a group it is told only of those that the group's coordinator gives to it.
class KafkaConsumer final : public PartitionLog, private KafkaListener {
 public:
  static Result<std::unique_ptr<PartitionLog>> open(const KafkaSettings& settings);
  ~KafkaConsumer() override;

  const LogNews& take(std::size_t most) override;
  void start(const std::vector<NamedPlace>& starts) override;
  void answer_group(const std::vector<NamedPlace>& starts) override;
  void stop(std::size_t partition) override;
  void note_places(const std::vector<NamedPlace>& places) override;
  int poll_fd() const override { return wake_fd_; }

 private:
  using Queue = std::unique_ptr<rd_kafka_queue_s, void (*)(rd_kafka_queue_s*)>;

  KafkaConsumer(int wake_fd, bool grouped);
  Result<void> begin(const KafkaSettings& settings);
  void on_trouble(bool all_down, const std::string& reason) override;
  void on_group(bool given, const rd_kafka_topic_partition_list_s& partitions) override;
  void note_group_news(bool looked);
  void note(const NamedPlace& start);
  void drop_unassigned(rd_kafka_topic_partition_list_s& partitions) const;
  void refuse(const std::vector<NamedPlace>& starts, const char* why);
  void leave_group();
  void drop_messages();
  void add(const rd_kafka_message_s& message);
  void add_error(const rd_kafka_message_s& message);
  const NamedPlace* partition_of(const rd_kafka_message_s& message);
  void send_notes();
  bool take_answer(std::chrono::milliseconds most);
  void finish_notes();

  const int wake_fd_;
  bool note_places_ = false;
  const bool grouped_;
  KafkaHandle kafka_;
  Queue queue_, notes_;
  std::map<std::size_t, NamedPlace> unsent_;  // places to note, by partition
  bool note_on_its_way_ = false;              // at most one, so that none pile up while a broker is away
  std::vector<LogNews::Failed> not_started_;

  // What the group's coordinator said last, and waits to be answered.
  enum class Group { kNothing, kGiven, kTakenBack };
  Group group_said_ = Group::kNothing;
  KafkaPartitions group_partitions_;
  std::vector<std::pair<std::string, std::int32_t>> taken_back_;  // until the news have it
  bool leaving_ = false;         // the group
  bool has_been_given_ = false;  // something, or nothing, but it has been said
  LogNews news_;
  std::vector<rd_kafka_message_s*> messages_;
  std::size_t held_ = 0;  // of the messages

  std::vector<NamedPlace> partitions_;                                        // by index
  std::map<std::pair<std::string, std::int32_t>, std::size_t> by_name_;     // index
  const rd_kafka_topic_s* last_topic_ = nullptr;                            // of the last message ...
  std::int32_t last_number_ = -1;
  std::size_t last_partition_ = 0;                                          // ... whose index is this
  std::optional<KafkaScout> scout_;  // the last member: it uses the others
};

}  // namespace mlmon
