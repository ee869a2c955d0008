#include "core/kafka/kafka_scout.h"

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
constexpr seconds kLookForMissing{3};    // for topics that are not there yet

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

void KafkaScout::take_into(LogNews& news) {
  const std::lock_guard lock(mutex_);
  move_behind(news_.found, news.found);
  move_behind(news_.given, news.given);
  move_behind(news_.gone, news.gone);
  move_behind(news_.failures, news.failures);
  move_behind(news_.troubles, news.troubles);
  move_behind(news_.remarks, news.remarks);
  news.all_found |= std::exchange(news_.all_found, false);
  news.over |= news_.over;
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

void KafkaScout::look_at_given(std::vector<FoundPartition> partitions) {
  const std::lock_guard lock(mutex_);
  given_ = std::move(partitions);
  news_.given.clear();
  changed_.notify_all();
}

void KafkaScout::run() {
  find_topics();
  Clock::time_point looked = Clock::now();
  while (!stopping()) {
    std::vector<NamedPlace> questions;
    std::vector<FoundPartition> given;
    bool doubt = false;
    {
      std::unique_lock lock(mutex_);
      const auto asked = [this] { return stop_ || doubt_ || !questions_.empty() || !given_.empty(); };
      if (settings_.follow) {
        changed_.wait_until(lock, looked + (missing_.empty() ? kLookAgain : kLookForMissing), asked);
      } else {
        changed_.wait(lock, asked);
      }
      questions.swap(questions_);
      given.swap(given_);
      doubt = std::exchange(doubt_, false);
    }
    if (doubt) wait_for_brokers();
    for (const NamedPlace& question : questions) answer(question);
    if (!given.empty()) tell_given(std::move(given));
    if (!settings_.follow || Clock::now() < looked + (missing_.empty() ? kLookAgain : kLookForMissing)) continue;
    for (const std::string& topic : settings_.topics) {
      if (!stopping()) look_at(topic);
    }
    looked = Clock::now();
  }
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
      return find_partitions(topic, std::move(look.partitions));
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

/// Tells of those that are new.
bool KafkaScout::find_partitions(const std::string& topic, std::vector<FoundPartition> partitions) {
  std::erase_if(partitions, [&](const FoundPartition& one) {
    return known_.contains({one.topic, one.number});
  });
  if (partitions.empty()) return true;
  const Result<void> looked = look_at_ends(kafka_, partitions, kOneCall);
  if (!looked) {
    errors_[topic] = looked.error().text;
    return false;
  }
  for (FoundPartition& one : partitions) {
    one.came_later = found_all_;
    known_.emplace(std::pair(one.topic, one.number), one);
  }
  const bool was_missing = missing_.erase(topic) > 0;
  post([&](LogNews& news) {
    move_behind(partitions, news.found);
    if (was_missing) news.remarks.push_back({"kafka://" + topic + ": the topic is there now"});
  });
  return true;
}

/// Where a run ends at the ends of its start, these are those that were found then.
void KafkaScout::tell_given(std::vector<FoundPartition> partitions) {
  for (FoundPartition& one : partitions) one.came_later = !known_.contains({one.topic, one.number});
  while (!look_at_ends(kafka_, partitions, kOneCall)) {
    if (!pause(kBetweenCalls)) return;
  }
  for (FoundPartition& one : partitions) {
    const auto found = known_.find({one.topic, one.number});
    one.stops_at = found != known_.end() ? found->second.end : one.end;
    if (found != known_.end()) one.came_later = found->second.came_later;
  }
  post([&](LogNews& news) { move_behind(partitions, news.given); });
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
