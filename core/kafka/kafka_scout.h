#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/kafka/kafka_client.h"

namespace mlmon {

/// Asks brokers what a reader cannot wait for, on a thread of its own: which partitions there are, where they
/// begin and end, and, once there is a doubt, whether any broker answers.
class KafkaScout {
 public:
  /// `wake` is called from the thread whenever there is news. `kafka` outlives this.
  KafkaScout(rd_kafka_s* kafka, const KafkaSettings& settings, std::function<void()> wake);
  ~KafkaScout();

  /// Moves what was found into the news. True: all that was given to a member of a group, and can be, has been looked at.
  bool take_into(LogNews& news);

  /// A connection has failed, so that perhaps no broker is there. `reason` may be empty.
  void hear(const std::string& reason);

  /// Of a member of a group: these were given to it, and where they begin and end is to be news. Of one that has no
  /// leader it comes later than of the others. What is taken back is no news any more.
  void look_at_given(const std::vector<FoundPartition>& partitions);
  void forget_given(const std::vector<std::pair<std::string, std::int32_t>>& partitions);

  /// A place in a partition was not there: finds out what is.
  void ask(const NamedPlace& partition);

 private:
  using Clock = std::chrono::steady_clock;
  using Name = std::pair<std::string, std::int32_t>;

  void run();
  void find_topics();
  bool look_at(const std::string& topic);
  bool find_partitions(const std::string& topic, TopicLook look);
  void tell_leaderless(const std::vector<FoundPartition>& partitions);
  void tell_not_found(const std::vector<std::string>& topics);
  void wait_for_brokers();
  void answer(const NamedPlace& partition);
  bool tell_given();
  Clock::time_point next_look(Clock::time_point looked);
  bool pause(std::chrono::milliseconds time);
  bool stopping();
  std::string reason();
  void post(const std::function<void(LogNews&)>& put);
  std::string cluster() const;

  rd_kafka_s* const kafka_;
  const KafkaSettings settings_;
  const std::function<void()> wake_;

  // Of the thread.
  bool found_all_ = false;
  bool heard_of_ = false;          // a broker has answered
  std::map<std::string, std::string> errors_;  // why a topic is not found
  std::set<std::string> missing_;  // topics that were told of
  std::map<Name, FoundPartition> known_;  // as they were found
  std::set<Name> there_at_first_;         // partitions, with those that could not be asked for their ends
  std::set<Name> leaderless_;             // of those that are not known

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false, doubt_ = false;  // doubt: whether any broker is there
  std::string reason_;
  std::vector<NamedPlace> questions_;
  std::vector<FoundPartition> given_;  // that are to be looked at still
  std::uint64_t given_times_ = 0, looked_times_ = 0;
  LogNews news_;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace mlmon
