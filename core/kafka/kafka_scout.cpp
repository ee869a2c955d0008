#include "core/kafka/kafka_scout.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace mlmon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kFirstAnswerWithin{30};  // of a broker, or nothing is read
constexpr seconds kBackWithin{60};         // of one that was there, where the run is to end some day
constexpr seconds kOneCall{2};
constexpr milliseconds kBetweenCalls{200};
constexpr seconds kLookAgain{30};        // for partitions that were added
constexpr seconds kLookForMissing{3};    // for topics that are not there yet, and partitions without a leader ...
constexpr seconds kLookForLeader{1};     // ... that a member of a group is to read

template <class T>
void move_behind(std::vector<T>& from, std::vector<T>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

}  // namespace

KafkaScout::KafkaScout(rd_kafka_s* kafka, const KafkaSettings& settings, std::function<void()> wake)
    : kafka_(kafka), settings_(settings), wake_(std::move(wake)), thread_([this] { run(); }) {}

KafkaScout::~KafkaScout() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool KafkaScout::take_into(LogNews& news) {
  const std::lock_guard lock(mutex_);
  move_behind(news_.found, news.found);
  move_behind(news_.given, news.given);
  move_behind(news_.gone, news.gone);
  move_behind(news_.failures, news.failures);
  move_behind(news_.troubles, news.troubles);
  move_behind(news_.remarks, news.remarks);
  news.all_found |= std::exchange(news_.all_found, false);
  news.over |= news_.over;
  return given_times_ == looked_times_;
}

void KafkaScout::hear(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  // "... failed: Connection refused (after 0ms in state CONNECT)"
  if (!reason.empty()) reason_ = reason.substr(0, reason.find(" (after "));
  doubt_ = true;
  changed_.notify_all();
}

void KafkaScout::ask(const NamedPlace& partition) {
  const std::lock_guard lock(mutex_);
  questions_.push_back(partition);
  changed_.notify_all();
}

void KafkaScout::look_at_given(const std::vector<FoundPartition>& partitions) {
  const std::lock_guard lock(mutex_);
  given_.insert(given_.end(), partitions.begin(), partitions.end());
  ++given_times_;
  changed_.notify_all();
}

void KafkaScout::forget_given(const std::vector<Name>& partitions) {
  const std::set<Name> gone(partitions.begin(), partitions.end());
  const std::lock_guard lock(mutex_);
  for (auto* list : {&given_, &news_.given}) {
    std::erase_if(*list, [&](const FoundPartition& one) { return gone.contains({one.topic, one.number}); });
  }
}

void KafkaScout::run() {
  find_topics();
  Clock::time_point looked = Clock::now();
  while (!stopping()) {
    std::vector<NamedPlace> questions;
    bool doubt = false;
    {
      std::unique_lock lock(mutex_);
      const auto asked = [this] { return stop_ || doubt_ || !questions_.empty() || given_times_ != looked_times_; };
      changed_.wait_until(lock, given_.empty() ? next_look(looked) : Clock::now() + kLookForLeader, asked);
      questions.swap(questions_);
      doubt = std::exchange(doubt_, false);
    }
    // Each may wait for a broker that is gone: whoever stops this waits for one of them at most.
    if (doubt) wait_for_brokers();
    for (const NamedPlace& question : questions) {
      if (!stopping()) answer(question);
    }
    if (stopping() || (!tell_given() && !pause(kBetweenCalls))) return;
    if (!settings_.follow || Clock::now() < next_look(looked)) continue;
    for (const std::string& topic : settings_.topics) {
      if (!stopping()) look_at(topic);
    }
    looked = Clock::now();
  }
}

/// For topics and partitions that come later: where a run is to end some day nobody waits for them.
KafkaScout::Clock::time_point KafkaScout::next_look(Clock::time_point looked) {
  if (!settings_.follow) return Clock::now() + std::chrono::hours(1);
  return looked + (missing_.empty() && leaderless_.empty() ? kLookAgain : kLookForMissing);
}

/// All of them, or what is wrong with those that cannot be found.
void KafkaScout::find_topics() {
  const Clock::time_point last = Clock::now() + kFirstAnswerWithin;
  std::vector<std::string> topics = settings_.topics;
  for (;;) {
    const bool last_try = Clock::now() >= last;
    // While nobody answers, one question is enough.
    bool asked = false;
    std::erase_if(topics, [&](const std::string& topic) {
      return !stopping() && (heard_of_ || !std::exchange(asked, true)) && look_at(topic);
    });
    if (topics.empty() || last_try || stopping()) break;
    pause(kBetweenCalls);
  }
  if (stopping()) return;
  if (!topics.empty()) tell_not_found(topics);
  found_all_ = true;
  post([](LogNews& news) { news.all_found = true; });
}

void KafkaScout::tell_not_found(const std::vector<std::string>& topics) {
  if (!heard_of_) {
    const std::string why = reason();
    return post([&](LogNews& news) {
      news.failures.push_back({cluster() + ": no broker answers" + (why.empty() ? "" : ": " + why)});
      news.over = true;
    });
  }
  for (const std::string& topic : topics) {
    post([&](LogNews& news) { news.failures.push_back({"kafka://" + topic + ": " + errors_[topic]}); });
  }
}

/// True: the topic need not be looked for now; false: nobody has answered.
bool KafkaScout::look_at(const std::string& topic) {
  TopicLook look = look_at_topic(kafka_, topic, kOneCall);
  errors_[topic] = look.error;
  heard_of_ |= look.kind != TopicLook::Kind::kUnknown;
  switch (look.kind) {
    case TopicLook::Kind::kFound:
      return find_partitions(topic, std::move(look));
    case TopicLook::Kind::kUnknown:
      return found_all_;
    case TopicLook::Kind::kRefused:
      if (missing_.insert(topic).second) {
        post([&](LogNews& news) { news.failures.push_back({"kafka://" + topic + ": " + look.error}); });
      }
      return true;
    case TopicLook::Kind::kMissing:
      break;
  }
  const bool known = std::any_of(known_.begin(), known_.end(), [&](const auto& one) { return one.first.first == topic; });
  if (known || !missing_.insert(topic).second) return true;  // its partitions say so themselves
  post([&](LogNews& news) {
    auto& list = settings_.follow ? news.troubles : news.failures;
    list.push_back({"kafka://" + topic + ": there is no such topic at " + cluster().substr(8)});
  });
  return true;
}

/// Tells of those that are new. One without a leader does not hold up the others, but where a run is to end at the ends
/// of its start these have to be known.
bool KafkaScout::find_partitions(const std::string& topic, TopicLook look) {
  std::vector<FoundPartition>& partitions = look.partitions;
  for (auto* list : {&partitions, &look.leaderless}) {
    std::erase_if(*list, [&](const FoundPartition& one) { return known_.contains({one.topic, one.number}); });
    for (const FoundPartition& one : *list) {
      if (!found_all_) there_at_first_.emplace(one.topic, one.number);
    }
  }
  const bool found_all = look.leaderless.empty() || settings_.follow;
  if (settings_.follow) tell_leaderless(look.leaderless);
  if (!found_all) errors_[topic] = fmt::format("partition {} has no leader", look.leaderless.front().number);
  if (partitions.empty() || stopping()) return found_all;
  const Result<void> looked = look_at_ends(kafka_, partitions, kOneCall);
  if (!looked) {
    errors_[topic] = looked.error().text;
    return false;
  }
  for (FoundPartition& one : partitions) {
    one.came_later = !there_at_first_.contains({one.topic, one.number});
    leaderless_.erase({one.topic, one.number});
    known_.emplace(std::pair(one.topic, one.number), one);
  }
  const bool was_missing = missing_.erase(topic) > 0;
  post([&](LogNews& news) {
    move_behind(partitions, news.found);
    if (was_missing) news.remarks.push_back({"kafka://" + topic + ": the topic is there now"});
  });
  return found_all;
}

/// Once of each.
void KafkaScout::tell_leaderless(const std::vector<FoundPartition>& partitions) {
  for (const FoundPartition& one : partitions) {
    if (!leaderless_.emplace(one.topic, one.number).second) continue;
    post([&](LogNews& news) {
      news.troubles.push_back({partition_name(one.topic, one.number) + ": has no leader, and is read once it has one"});
    });
  }
}

/// Where a run ends at the ends of its start, these are those that were found then. Those without a leader wait. False: nobody
/// answers.
bool KafkaScout::tell_given() {
  std::vector<FoundPartition> given;
  std::uint64_t times = 0;
  {
    const std::lock_guard lock(mutex_);
    given = given_;
    times = given_times_;
    if (given.empty() && times == looked_times_) return true;
  }
  std::set<Name> wanted;
  std::set<std::string> topics;
  for (const FoundPartition& one : given) wanted.emplace(one.topic, one.number), topics.insert(one.topic);
  std::vector<FoundPartition> partitions;
  for (const std::string& topic : topics) {
    const TopicLook look = look_at_topic(kafka_, topic, kOneCall);
    if (stopping() || look.kind != TopicLook::Kind::kFound) return false;
    std::copy_if(look.partitions.begin(), look.partitions.end(), std::back_inserter(partitions),
                 [&](const FoundPartition& one) { return wanted.contains({one.topic, one.number}); });
  }
  if (!partitions.empty() && !look_at_ends(kafka_, partitions, kOneCall)) return false;
  for (FoundPartition& one : partitions) {
    const auto found = known_.find({one.topic, one.number});
    one.stops_at = found != known_.end() ? found->second.end : one.end;
    one.came_later = found != known_.end() ? found->second.came_later : !there_at_first_.contains({one.topic, one.number});
  }
  {
    const std::lock_guard lock(mutex_);
    // What was taken back meanwhile is nobody's.
    for (FoundPartition& one : partitions) {
      const auto waiting = std::find_if(given_.begin(), given_.end(), [&](const FoundPartition& other) {
        return other.topic == one.topic && other.number == one.number;
      });
      if (waiting == given_.end()) continue;
      given_.erase(waiting);
      news_.given.push_back(std::move(one));
    }
    if (partitions.empty() && times == looked_times_) return true;
    looked_times_ = times;
  }
  wake_();
  return true;
}

/// Until one answers again.
void KafkaScout::wait_for_brokers() {
  if (answers(kafka_, kOneCall)) return;
  if (stopping()) return;
  const std::string why = reason();
  post([&](LogNews& news) {
    news.troubles.push_back({cluster() + ": no broker answers" + (why.empty() ? "" : ": " + why)});
  });
  const Clock::time_point last = Clock::now() + kBackWithin;
  while (pause(kBetweenCalls) && !answers(kafka_, kOneCall)) {
    if (settings_.follow || Clock::now() < last) continue;
    return post([&](LogNews& news) {
      news.failures.push_back({cluster() + ": no broker has answered for " +
                               std::to_string(kBackWithin.count()) + " s, giving up"});
      news.over = true;
    });
  }
  if (stopping()) return;
  {
    const std::lock_guard lock(mutex_);
    doubt_ = false;
  }
  post([&](LogNews& news) { news.remarks.push_back({cluster() + ": a broker answers again"}); });
}

void KafkaScout::answer(const NamedPlace& question) {
  std::vector<FoundPartition> partition = {{question.topic, question.number}};
  while (!look_at_ends(kafka_, partition, kOneCall)) {
    if (!pause(kBetweenCalls)) return;
  }
  post([&](LogNews& news) {
    news.gone.push_back({question.partition, partition.front().begin, partition.front().end});
  });
}

/// False: it is to stop.
bool KafkaScout::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stop_; });
}

bool KafkaScout::stopping() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

std::string KafkaScout::reason() {
  const std::lock_guard lock(mutex_);
  return reason_;
}

void KafkaScout::post(const std::function<void(LogNews&)>& put) {
  {
    const std::lock_guard lock(mutex_);
    put(news_);
  }
  wake_();
}

std::string KafkaScout::cluster() const {
  std::string all;
  for (const std::string& broker : settings_.brokers) all += (all.empty() ? "kafka://" : ",") + broker;
  return all;
}

}  // namespace mlmon
